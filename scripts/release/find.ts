import { join, resolve } from 'node:path';
import semver from 'semver';
import { requireSettings } from '../config/require.ts';
import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import { namesIn, statIfThere } from '../system/files.ts';
import { packageSuffixes, packingOf } from './forms.ts';
import type { FoundPackage } from './types.ts';

/**
 * The package that was asked for: a file, or a version, looked up in the folder UPDATE_SOURCE by the package's name.
 *
 * @throws MajError `package-missing`, `package-not-found`, `package-ambiguous`, `package-form`
 */
export async function findPackage(context: Context, wanted: string): Promise<FoundPackage> {
  const path = resolve(context.projectDir, wanted);
  if ((await statIfThere(path))?.isFile() === true) {
    packingOf(path);
    return { path, version: undefined };
  }
  const version = semver.valid(wanted);
  if (version === null) throw refused('package-missing', { path });
  const source = resolve(
    context.projectDir,
    requireSettings(context.config, ['UPDATE_SOURCE']).UPDATE_SOURCE,
  );
  const names = packagesOf(await namesIn(source), version);
  const [name, ...others] = names.filter((candidate) => hasSuffix(candidate, packageSuffixes));
  if (name === undefined) {
    // A package in a form that we cannot unpack is worth a better word than "not there".
    if (names[0] !== undefined) packingOf(join(source, names[0]));
    throw refused('package-not-found', { version, folder: source });
  }
  if (others.length > 0) throw refused('package-ambiguous', { version, names: [name, ...others] });
  return { path: join(source, name), version };
}

const knownForms = [...packageSuffixes, '.tar.bz2', '.tar.xz', '.7z', '.phar'];
const hasSuffix = (name: string, suffixes: readonly string[]): boolean =>
  suffixes.some((suffix) => name.endsWith(suffix));

/** The names that end in the version and the suffix of an archive, as in `intimemanager-1.1.0.tar.gz`, `v1.1.0.tgz`. */
export function packagesOf(names: readonly string[], version: string): readonly string[] {
  const ends = [...knownForms].sort((a, b) => b.length - a.length);
  return names
    .filter((name) => {
      const suffix = ends.find((end) => name.endsWith(end));
      if (suffix === undefined) return false;
      const stem = name.slice(0, -suffix.length);
      return new RegExp(`(^|[-_])v?${escaped(version)}$`).test(stem);
    })
    .sort();
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
