import { escaped } from '../system/regular-expression.ts';
import { packageSuffixes } from './forms.ts';

const knownForms = [...packageSuffixes, '.tar.bz2', '.tar.xz', '.7z', '.phar'];

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
