import { createHash, type Hash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { inStep, stopIfInterrupted, type Context, type TellProgress } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { readStreamOf } from '../system/symlink-safe-fs.ts';
import { fileFailed, readIfThere, statIfThere } from '../system/files.ts';
import { requiredKey, verifySignature } from './signature.ts';
import type { VerifiedPackage } from './types.ts';

/** A line of a sum file: the sum, and the file that it is of, where the line says. */
interface Sum {
  readonly sha256: string;
  readonly name: string | undefined;
}

/**
 * The sums in a file as the usual tools write it: `<hex>` alone, `<hex>  name` or `<hex> *name` (sha256sum),
 * `SHA256 (name) = <hex>` (BSD, openssl). Lines of another form, comments among them, are passed over.
 */
export function parseSums(text: string): readonly Sum[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const plain = /^([0-9a-f]{64})(?:\s+\*?(\S.*?))?\s*$/i.exec(line.trim());
    const tagged = /^SHA2?-?256\s*\((.+)\)\s*=\s*([0-9a-f]{64})\s*$/i.exec(line.trim());
    const [sha256, name] = plain === null ? [tagged?.[2], tagged?.[1]] : [plain[1], plain[2]];
    return sha256 === undefined ? [] : [{ sha256: sha256.toLowerCase(), name }];
  });
}

/** The sums that a file gives for a package: named after it, or nameless in a file that is for this package alone. */
export function sumsFor(sums: readonly Sum[], name: string, alone: boolean): readonly string[] {
  return sums
    .filter((sum) => (sum.name === undefined ? alone : basename(sum.name) === name))
    .map((sum) => sum.sha256);
}

/**
 * Checks a package against the sum beside it: in `<package>.sha256`, else in `SHA256SUMS`; and, where UPDATE_PUBLIC_KEY is
 * set, its signature.
 *
 * @throws MajError `package-missing`, `package-sum-missing` (exit 3), `package-sum-wrong` (exit 4), and what
 *   `requiredKey` and `verifySignature` throw
 */
export const verifyPackage = (context: Context, file: string): Promise<VerifiedPackage> =>
  inStep(context, 'verify-package', { path: file }, (progress) => verify(context, file, progress));

async function verify(context: Context, file: string, progress: TellProgress): Promise<VerifiedPackage> {
  const stats = await statIfThere(file);
  if (stats?.isFile() !== true) throw refused('package-missing', { paths: [file] });
  const { sumFile, expected } = await expectedSum(file);
  const key = await requiredKey(context);
  const bytes = stats.size;
  // Both sums of one reading; the second one only where a signature is of it.
  const hashes = ['sha256', ...(key?.kind === 'minisign' ? ['blake2b512'] : [])].map((name) =>
    createHash(name),
  );
  const [sum, blake2b512 = Buffer.alloc(0)] = await hashWith(context, file, hashes, (done) => {
    progress(done, bytes);
  });
  const sha256 = sum?.toString('hex') ?? '';
  if (sha256 !== expected)
    throw unsound('package-sum-wrong', { path: file, sumFile, expected, found: sha256 });
  const signedBy =
    key === undefined ? null : await verifySignature(context, key, { file, bytes, sha256, blake2b512 });
  return { path: file, bytes, sha256, sumFile, signedBy };
}

/**
 * What the sum of a package has to be, and the file beside it that says so.
 *
 * @throws MajError `package-sum-missing`, `package-sum-unclear`
 */
export async function expectedSum(file: string): Promise<{ sumFile: string; expected: string }> {
  const places = [
    { sumFile: `${file}.sha256`, alone: true },
    { sumFile: join(dirname(file), 'SHA256SUMS'), alone: false },
  ];
  for (const { sumFile, alone } of places) {
    const text = await readIfThere(sumFile);
    if (text === undefined) continue;
    const [expected, ...others] = new Set(sumsFor(parseSums(text), basename(file), alone));
    if (expected !== undefined && others.length > 0)
      throw refused('package-sum-unclear', { path: file, sumFile });
    if (expected !== undefined) return { sumFile, expected };
  }
  throw refused('package-sum-missing', { path: file, searched: places.map((place) => place.sumFile) });
}

/** The SHA-256 of a file, in hexadecimal. */
export async function hashFile(context: Pick<Context, 'signal'>, path: string): Promise<string> {
  const [sha256] = await hashWith(context, path, [createHash('sha256')], () => undefined);
  return sha256?.toString('hex') ?? '';
}

async function hashWith(
  context: Pick<Context, 'signal'>,
  path: string,
  hashes: readonly Hash[],
  progress: TellProgress,
): Promise<readonly Buffer[]> {
  let done = 0;
  try {
    for await (const chunk of readStreamOf(path, 1 << 20) as AsyncIterable<Buffer>) {
      stopIfInterrupted(context);
      for (const hash of hashes) hash.update(chunk);
      done += chunk.length;
      progress(done);
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailed(path, 'read', error);
    throw error;
  }
  return hashes.map((hash) => hash.digest());
}
