import { join, resolve } from 'node:path';
import semver from 'semver';
import { requireSettings } from '../config/require.ts';
import { addressOfVersion, parseUpdateSource } from '../config/update-source.ts';
import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import { namesIn, statIfThere } from '../system/files.ts';
import type { HttpLimits } from '../system/retry.ts';
import { fetchLimits, fetchPackage } from './fetch.ts';
import { packageSuffixes, packingOf } from './forms.ts';
import { gitPackage } from './git-package.ts';
import { githubPackage } from './github.ts';
import { packageAt } from './package-at.ts';
import { packagesOf } from './package-names.ts';
import type { FoundPackage } from './types.ts';

/**
 * The package that was asked for: a file; a version, which UPDATE_SOURCE has in its folder, at its address, among the
 * releases on GitHub or as a tag; or, where that is a repository, a commit. What is elsewhere is got, and made a file of.
 *
 * @throws MajError `package-missing`, `package-not-found`, `package-ambiguous`, `package-form`, and what getting it throws
 */
export async function findPackage(
  context: Context,
  wanted: string,
  limits: HttpLimits = fetchLimits,
): Promise<FoundPackage> {
  const path = resolve(context.projectDir, wanted);
  if ((await statIfThere(path))?.isFile() === true) {
    packingOf(path);
    return { path, version: undefined };
  }
  const version = semver.valid(wanted);
  if (version !== null) return ofVersion(context, version, limits);
  const source = parseUpdateSource(context.config.UPDATE_SOURCE ?? '');
  if (source?.kind === 'git') return gitPackage(context, source.repository, { name: wanted });
  throw refused('package-missing', { path });
}

async function ofVersion(context: Context, version: string, limits: HttpLimits): Promise<FoundPackage> {
  const { UPDATE_SOURCE } = requireSettings(context.config, ['UPDATE_SOURCE']);
  const source = parseUpdateSource(UPDATE_SOURCE) ?? { kind: 'folder', path: UPDATE_SOURCE };
  switch (source.kind) {
    case 'folder':
      return inFolder(resolve(context.projectDir, source.path), version);
    case 'url': {
      const token = context.config.UPDATE_TOKEN?.reveal();
      const remote = packageAt(addressOfVersion(source.template, version), token);
      return { path: await fetchPackage(context, remote, limits), version };
    }
    case 'github': {
      const remote = await githubPackage(context, `${source.owner}/${source.name}`, version, limits);
      return { path: await fetchPackage(context, remote, limits), version };
    }
    case 'git':
      return gitPackage(context, source.repository, { version });
  }
}

async function inFolder(source: string, version: string): Promise<FoundPackage> {
  const names = packagesOf(await namesIn(source), version);
  const [name, ...others] = names.filter((candidate) =>
    packageSuffixes.some((suffix) => candidate.endsWith(suffix)),
  );
  if (name === undefined) {
    // A package in a form that we cannot unpack is worth a better word than "not there".
    if (names[0] !== undefined) packingOf(join(source, names[0]));
    throw refused('package-not-found', { version, folder: source });
  }
  if (others.length > 0) throw refused('package-ambiguous', { version, names: [name, ...others] });
  return { path: join(source, name), version };
}
