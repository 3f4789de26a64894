import type { Packing } from '../archive/packed-archive.ts';
import { refused } from '../core/errors.ts';
import { compareVersions, isSameVersion, isVersion, parseVersion } from '../core/versions.ts';
import { escaped } from '../system/regular-expression.ts';

const forms: readonly { readonly suffix: string; readonly packing: Packing }[] = [
  { suffix: '.tar.gz', packing: 'gzip' },
  { suffix: '.tgz', packing: 'gzip' },
  { suffix: '.tar.zst', packing: 'zstd' },
  { suffix: '.tzst', packing: 'zstd' },
  { suffix: '.tar', packing: 'none' },
  { suffix: '.zip', packing: 'zip' },
];

/** The ends of the names of packages that can be unpacked. */
export const packageSuffixes: readonly string[] = forms.map((form) => form.suffix);

/**
 * How a package is packed, by its name.
 *
 * @throws MajError `package-form` for a name that ends otherwise, such as `.tar.xz`
 */
export function packingOf(path: string): Packing {
  const form = forms.find(({ suffix }) => path.endsWith(suffix));
  if (form === undefined) throw refused('package-form', { path, forms: packageSuffixes });
  return form.packing;
}

const knownForms = [...packageSuffixes, '.tar.bz2', '.tar.xz', '.7z', '.phar'].sort(
  (a, b) => b.length - a.length,
);

/** The name without what tells how it is packed; undefined where nothing does. */
function stemOf(name: string): string | undefined {
  const form = knownForms.find((end) => name.endsWith(end));
  return form === undefined ? undefined : name.slice(0, -form.length);
}

/** Whether a name is that of a package which can be unpacked. */
export const isPackageName = (name: string): boolean => packageSuffixes.some((end) => name.endsWith(end));

// In a name any word may follow a version, as in `-complete`: these ones belong to it, and numbers do.
const words = 'alpha|beta|rc|dev|pre|preview|snapshot|nightly|canary|next|patch|pl|[abp](?=[-.]?[0-9])';
const belonging = `[-._~]?(?:${words})(?:[-.]?[0-9]+)*|-[0-9]+(?:\\.[0-9]+)*`;

/**
 * What may be the version in the name of a package: its first text of several numbers, else its last number; and what it
 * ends with. `php8.2-app-1.1.0` is 1.1.0, `app-1.1.0-for-php-8.2` may be either.
 *
 * @param suffix what else may belong to it: the end of the version that is looked for
 */
function versionsIn(stem: string, suffix = ''): readonly string[] {
  const own = suffix === '' ? '' : `${escaped(suffix)}|`;
  const version = `v?[0-9]+(?:\\.[0-9]+)*(?:${own}${belonging})?(?:\\+[0-9A-Za-z.-]+)?`;
  const found = (before: string): RegExpExecArray[] =>
    [...stem.matchAll(new RegExp(`${before}${version}(?![0-9A-Za-z+]|\\.[0-9])`, 'gi'))].filter(([text]) =>
      isVersion(text),
    );
  const apart = found('(?<=^|[-_@ ]|[A-Za-z]\\.)');
  // `limesurvey6.5.7`, where nothing is between.
  const all = apart.length > 0 ? apart : found('(?<=[A-Za-z])(?=[0-9]+\\.)');
  const last = all.at(-1);
  const first = all.find(([text]) => text.includes('.')) ?? last;
  const end = last !== undefined && last.index + last[0].length === stem.length ? last : undefined;
  return [first, end].flatMap((match) => match?.[0] ?? []);
}

/** The version that the name of a package tells; undefined where it tells none. Pure, as all here. */
export const versionInName = (name: string): string | undefined => versionsIn(stemOf(name) ?? name)[0];

/**
 * The names that are of a version, as they are named upstream: `intimemanager-1.1.0.tar.gz`, `v1.1.0.tgz`,
 * `roundcubemail-1.7.3-complete.tar.gz`. 6.4 and 6.4.0 are one version; another build of it counts where its own is not there.
 */
export function packagesOf(names: readonly string[], version: string): readonly string[] {
  const suffix = parseVersion(version)?.suffix;
  const inNames = names.map((name) => {
    const stem = stemOf(name);
    return { name, versions: stem === undefined ? [] : versionsIn(stem, suffix) };
  });
  const those = (is: (found: string) => boolean): string[] =>
    inNames.filter(({ versions }) => versions.some(is)).map(({ name }) => name);
  const same = those((found) => isSameVersion(found, version));
  const hasBuild = version.includes('+');
  const other = (found: string): boolean =>
    compareVersions(found, version) === 0 && !(hasBuild && found.includes('+'));
  return (same.length > 0 ? same : those(other)).sort();
}

/** How many versions an error lists. */
const mostListed = 5;

/** Some of the versions that there are, the newest first: for who asked for one that there is not. */
export function newestOf(versions: readonly (string | undefined)[]): readonly string[] {
  const known = versions.filter((version) => version !== undefined).filter(isVersion);
  return [...new Set(known)].sort((a, b) => compareVersions(b, a)).slice(0, mostListed);
}
