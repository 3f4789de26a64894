import { join } from 'node:path';
import { inStep, note, type Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { download, getBytes, getText, nothingToSee } from '../net/download.ts';
import type { HttpRequest } from '../net/request.ts';
import type { HttpLimits } from '../net/retry.ts';
import { exists, remove, renameDurably, writeDurably } from '../system/files.ts';
import { shownUrl } from '../system/urls.ts';
import { expectedSum, hashFile, parseSums, sumsFor } from './checksum.ts';
import { packageLimits } from './entry-rules.ts';
import { parseDetached } from './openpgp.ts';
import { packingOf } from './package-formats.ts';
import { requiredKey, signatureSuffixes } from './signature.ts';
import { packageFolder } from './store.ts';

/** A package somewhere else, with what lies beside it. */
export interface RemotePackage {
  /** The name of its file. */
  readonly name: string;
  readonly archive: HttpRequest;
  /** Where its sum may be, the first first; the names are `<name>.sha256` and `SHA256SUMS`. */
  readonly sums: readonly { readonly name: string; readonly request: HttpRequest }[];
  /** Where signatures of it may be, the first first; each is named `<name><suffix>`. */
  readonly signatures: readonly { readonly suffix: string; readonly request: HttpRequest }[];
}

const hour = 3_600_000;

/** For the package; what lies beside it is small, and has minutes. */
export const fetchLimits: HttpLimits = {
  bytes: packageLimits.bytes,
  totalMs: 6 * hour,
  idleMs: 60_000,
  tries: 6,
  waitMs: 500,
};
const smallLimits = (limits: HttpLimits): HttpLimits => ({
  ...limits,
  bytes: 1_000_000,
  totalMs: Math.min(limits.totalMs, 300_000),
});

/**
 * Gets a package into a private folder of ours, its sum and signature first: without them it is not worth getting. One
 * that is there already is taken if its sum is right.
 *
 * @returns its path; the sum lies beside it, so that it is verified like one that was put there by hand
 * @throws MajError `package-form`, `package-sum-missing`, `package-sum-unclear`, `signature-missing` (exit 3),
 *   `package-sum-wrong` (4), and what getting it throws
 */
export async function fetchPackage(
  context: Context,
  remote: RemotePackage,
  limits: HttpLimits = fetchLimits,
): Promise<string> {
  packingOf(remote.name);
  const folder = await packageFolder(context, remote.archive.url);
  const path = join(folder, remote.name);
  await fetchSum(context, remote, folder, limits);
  await fetchSignature(context, remote, path, limits);
  const { expected, sumFile } = await expectedSum(path);
  if (await exists(path)) {
    if ((await hashFile(context, path)) === expected) {
      note(context, 'package-there', { path });
      return path;
    }
    await remove(path);
  }
  const partial = `${path}.partial`;
  const url = shownUrl(remote.archive.url);
  await inStep(context, 'download-package', { url }, (progress) =>
    download(context, remote.archive, partial, limits, progress),
  );
  const found = await hashFile(context, partial);
  if (found !== expected) {
    await remove(partial);
    throw unsound('package-sum-wrong', { path: url, sumFile, expected, found });
  }
  await renameDurably(partial, path);
  return path;
}

async function fetchSum(
  context: Context,
  { name, archive, sums }: RemotePackage,
  folder: string,
  limits: HttpLimits,
): Promise<void> {
  for (const old of [`${name}.sha256`, 'SHA256SUMS']) await remove(join(folder, old));
  for (const [index, sum] of sums.entries()) {
    // Where nothing is left to try, a refusal is one: a token may be missing.
    const absent = index < sums.length - 1 ? nothingToSee : undefined;
    const text = await getText(context, sum.request, smallLimits(limits), absent);
    // Some servers answer with a page for what is not there.
    const alone = sum.name !== 'SHA256SUMS';
    if (text === undefined || sumsFor(parseSums(text), name, alone).length === 0) continue;
    await writeDurably(join(folder, sum.name), text);
    return;
  }
  throw refused('package-sum-missing', {
    path: shownUrl(archive.url),
    searched: sums.map(({ request }) => shownUrl(request.url)),
  });
}

async function fetchSignature(
  context: Context,
  { name, archive, signatures }: RemotePackage,
  path: string,
  limits: HttpLimits,
): Promise<void> {
  for (const suffix of Object.values(signatureSuffixes).flat()) await remove(`${path}${suffix}`);
  const key = await requiredKey(context);
  if (key === undefined) return;
  const suffixes = signatureSuffixes[key.kind];
  const wanted = signatures.filter(({ suffix }) => suffixes.includes(suffix));
  for (const [index, { suffix, request }] of wanted.entries()) {
    const content = await getBytes(context, request, smallLimits(limits), nothingToSee);
    if (content === undefined) continue;
    // Some servers answer with a page for what is not there.
    if (index < wanted.length - 1 && parseDetached(content) === undefined) continue;
    await writeDurably(`${path}${suffix}`, content);
    return;
  }
  throw refused('signature-missing', {
    path: shownUrl(archive.url),
    sigFiles:
      wanted.length === 0
        ? suffixes.map((suffix) => `${name}${suffix}`)
        : wanted.map(({ request }) => shownUrl(request.url)),
    kind: key.kind,
    keyIds: key.ids,
  });
}
