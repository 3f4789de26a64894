import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TellProgress } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { readStored, type Codec } from '../dump/codec.ts';
import { endsWhole } from '../dump/dump-parts.ts';
import { createObjectFinder, missingObjects } from '../dump/objects.ts';
import { dumpSum } from '../dump/part-sums.ts';
import type { StoredSum } from '../dump/store.ts';
import { fileFailed, sha256OfFile, statIfThere } from '../system/files.ts';
import { partPath, partsFolder } from './layout.ts';
import type { Backup } from './list.ts';
import type { ManifestPart } from './manifest.ts';

/** Something that is wrong with a backup, by the file that it is wrong with. */
export interface Problem {
  readonly file: string;
  /** A name that the catalogue has a sentence for. */
  readonly what: ProblemKind;
  /** What it is about, where the file alone does not tell: an object, a path, a reason. */
  readonly about?: string;
}

/** What can be wrong with a file of a backup. */
type ProblemKind =
  | 'missing'
  | 'extra'
  | 'damaged'
  | 'truncated'
  | 'content'
  | 'no-trailer'
  | 'dump'
  | 'object-missing'
  | 'entry'
  | 'proof';

/** Sees the plain bytes of a file go by. */
export type Observe = (data: Buffer) => void;

/** Verifies every part, and that together they are the dump of everything in the inventory. */
export async function verifyParts(backup: Backup, codec: Codec, progress: TellProgress): Promise<Problem[]> {
  const { manifest } = backup;
  const problems: Problem[] = [];
  const finder = createObjectFinder();
  let tail: Buffer = Buffer.alloc(0);
  for (const part of manifest.parts) {
    const found = await verifyStored(
      partPath(backup.folder, part.name),
      `${partsFolder}/${part.name}`,
      part,
      codec,
      (data) => {
        finder.observe({ part, data });
        tail = Buffer.concat([tail, data.subarray(-256)]).subarray(-256);
        progress(data.length);
      },
    );
    problems.push(...found);
  }
  if (problems.length > 0) return problems;
  if (!inOrder(manifest.parts) || dumpSum(manifest.parts) !== manifest.dumpSha256)
    problems.push({ file: partsFolder, what: 'dump' });
  if (!endsWhole(tail.toString('utf8')))
    problems.push({ file: `${partsFolder}/${manifest.parts.at(-1)?.name ?? ''}`, what: 'no-trailer' });
  for (const about of missingObjects(manifest.inventory, finder.found()))
    problems.push({ file: partsFolder, what: 'object-missing', about });
  return problems;
}

/**
 * Verifies that every part is stored byte for byte as it was when the backup was proven: what the parts decompress to,
 * and that it loads, is known since then.
 */
export async function verifyStoredParts(backup: Backup, progress: TellProgress): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const part of backup.manifest.parts) {
    const { storedBytes: bytes, storedSha256: sha256 } = part;
    const path = partPath(backup.folder, part.name);
    const problem = await storedProblem(path, `${partsFolder}/${part.name}`, { bytes, sha256 });
    if (problem !== undefined) problems.push(problem);
    progress(part.bytes);
  }
  return problems;
}

/** Verifies a compressed file: its bytes on disk first, then what it decompresses to. */
export async function verifyStored(
  path: string,
  file: string,
  expected: StoredSum,
  codec: Codec,
  observe: Observe,
): Promise<Problem[]> {
  const onDisk = await storedProblem(path, file, {
    bytes: expected.storedBytes,
    sha256: expected.storedSha256,
  });
  if (onDisk !== undefined) return [onDisk];
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const data of readStored(path, codec)) {
      hash.update(data);
      bytes += data.length;
      observe(data);
    }
  } catch (error) {
    if (!(error instanceof MajError) || error.code !== 'stored-unreadable') throw error;
    return [{ file, what: 'damaged', about: error.message }];
  }
  return bytes === expected.bytes && hash.digest('hex') === expected.sha256
    ? []
    : [{ file, what: 'content' }];
}

/** Verifies a file that is stored as it is. */
export async function verifyPlainFile(
  folder: string,
  expected: { readonly name: string; readonly bytes: number; readonly sha256: string },
): Promise<Problem[]> {
  const problem = await storedProblem(join(folder, expected.name), expected.name, expected);
  return problem === undefined ? [] : [problem];
}

async function storedProblem(
  path: string,
  file: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<Problem | undefined> {
  const stats = await statIfThere(path);
  if (stats === undefined) return { file, what: 'missing' };
  if (stats.size < expected.bytes) return { file, what: 'truncated' };
  const sha256 = await sha256OfFile(path).catch((error: unknown) => {
    throw fileFailed(path, 'read', error);
  });
  return sha256 === expected.sha256 ? undefined : { file, what: 'damaged' };
}

function inOrder(parts: readonly ManifestPart[]): boolean {
  return parts.every(({ name }, index) => index === 0 || name > (parts[index - 1]?.name ?? ''));
}
