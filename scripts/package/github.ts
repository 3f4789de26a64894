import * as v from 'valibot';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isSameVersion } from '../core/versions.ts';
import { getText, nothingToSee } from '../net/download.ts';
import type { HttpLimits } from '../net/retry.ts';
import { shownUrl } from '../system/urls.ts';
import type { RemotePackage } from './fetch.ts';
import { isPackageName, newestOf, packagesOf, packageSuffixes } from './package-formats.ts';
import { signatureSuffixes } from './signature.ts';

const releaseSchema = v.object({
  tag_name: v.string(),
  assets: v.array(v.object({ name: v.string(), url: v.pipe(v.string(), v.url()), state: v.string() })),
});
type Asset = v.InferOutput<typeof releaseSchema>['assets'][number];

const mostAnswerBytes = 10_000_000;

/**
 * The package of a version among a repository's releases on GitHub, or on a server that answers as GitHub does.
 *
 * @throws MajError `github-no-release`, `github-no-package`, `package-ambiguous`, `github-answer`, and what getting the
 *   answer throws
 */
export async function githubPackage(
  context: Context,
  wanted: Wanted,
  limits: HttpLimits,
): Promise<RemotePackage> {
  const { repository, version } = wanted;
  const token = context.config.UPDATE_TOKEN?.reveal();
  const base = `${context.config.UPDATE_GITHUB_API.replace(/\/+$/, '')}/repos/${repository}/releases`;
  const get = async <T>(
    url: string,
    schema: v.GenericSchema<unknown, T>,
    absent?: readonly number[],
  ): Promise<T | undefined> => {
    const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
    const text = await getText(
      context,
      { url, headers, token },
      { ...limits, bytes: mostAnswerBytes },
      absent,
    );
    if (text === undefined) return undefined;
    const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    if (answer.success) return answer.output;
    throw refused('github-answer', { url: shownUrl(url), reason: v.summarize(answer.issues) });
  };
  const tags = [`v${version}`, version];
  for (const tag of tags) {
    const release = await get(`${base}/tags/${encodeURIComponent(tag)}`, releaseSchema);
    if (release !== undefined) return remoteOf(context, { ...wanted, tag }, release.assets, token);
  }
  const newest = (await get(`${base}?per_page=30`, v.array(releaseSchema), nothingToSee)) ?? [];
  // 6.4 may be tagged v6.4.0.
  const same = newest.find(({ tag_name: tag }) => isSameVersion(tag, version));
  if (same !== undefined) return remoteOf(context, { ...wanted, tag: same.tag_name }, same.assets, token);
  const versions = newestOf(newest.map(({ tag_name: tag }) => tag));
  throw refused('github-no-release', { repository, tags, versions });
}

interface Wanted {
  readonly repository: string;
  readonly version: string;
  /** The name of the file that is meant; undefined: the one that is named after the version. */
  readonly asset?: string | undefined;
}

/** What is got of a release: each address is one that the answer of UPDATE_GITHUB_API names. */
export function remoteOf(
  context: Pick<Context, 'config'>,
  { repository, tag, version, asset: named }: Wanted & { readonly tag: string },
  uploads: readonly Asset[],
  token: string | undefined,
): RemotePackage {
  const { origin } = new URL(context.config.UPDATE_GITHUB_API);
  const assets = uploads.filter(({ state }) => state === 'uploaded');
  const names = assets.map(({ name }) => name);
  const chosen =
    named === undefined
      ? chooseAsset(names, version)
      : names.filter((name) => name === named && isPlainName(name));
  if (chosen.length > 1) throw refused('package-ambiguous', { version, names: chosen });
  const requestOf = (name: string): RemotePackage['archive'] | undefined => {
    const asset = assets.find((one) => one.name === name);
    if (asset === undefined) return undefined;
    const ours = new URL(asset.url).origin === origin ? token : undefined;
    const namedBy = context.config.UPDATE_GITHUB_API;
    return { url: asset.url, namedBy, headers: { accept: 'application/octet-stream' }, token: ours };
  };
  const [name = ''] = chosen;
  const archive = requestOf(name);
  if (archive === undefined) throw refused('github-no-package', { repository, tag, names });
  const sums = [`${name}.sha256`, 'SHA256SUMS'].flatMap((sum) => {
    const request = requestOf(sum);
    return request === undefined ? [] : [{ name: sum, request }];
  });
  const signatures = Object.values(signatureSuffixes)
    .flat()
    .flatMap((suffix) => {
      const request = requestOf(`${name}${suffix}`);
      return request === undefined ? [] : [{ suffix, request }];
    });
  return { name, archive, sums, signatures };
}

/** A name becomes that of a file here. */
const isPlainName = (name: string): boolean => /^[\w+~@-][\w.+~@-]*$/.test(name);

/**
 * The package among the files of a release: pure. Those that are named after the version count, else all in a form that
 * can be unpacked; of one package in several forms the first of `packageSuffixes` is taken.
 *
 * @returns more than one where it is not clear which is meant
 */
export function chooseAsset(names: readonly string[], version: string): readonly string[] {
  const suffixOf = (name: string): string | undefined => packageSuffixes.find((end) => name.endsWith(end));
  const packages = names.filter((name) => isPackageName(name) && isPlainName(name));
  const named = packagesOf(packages, version);
  const candidates = named.length > 0 ? named : packages;
  const stems = new Set(candidates.map((name) => name.slice(0, -(suffixOf(name) ?? '').length)));
  if (stems.size !== 1) return candidates;
  const rank = (name: string): number => packageSuffixes.indexOf(suffixOf(name) ?? '');
  return [...candidates].sort((a, b) => rank(a) - rank(b)).slice(0, 1);
}
