import { statIfThere } from '../system/files.ts';
import { tailHash, type LogPart } from './log-parts.ts';
import { filesBeside } from './rotated-logs.ts';

/** Where a log ended, and which errors it held. Plain data: it can be journaled. */
export interface LogMark {
  /** As APP_LOGS has it. */
  readonly log: string;
  readonly bytes: number;
  readonly inode: number;
  /** Hash of the last bytes: tells the log's copy, moved into the new tree, from another file. */
  readonly tail: string;
  /** What `signatureMark` makes of them. */
  readonly signatures: readonly string[];
}

/** How much of a log's end is read for the errors that it had before. */
const historyBytes = 4_000_000;

/** The end of a log; where it is short, it was rotated not long ago, and the newest rotated file has what came before. */
export async function historyOf(path: string, bytes: number): Promise<readonly LogPart[]> {
  const own = { path, from: Math.max(0, bytes - historyBytes), to: bytes };
  const missing = historyBytes - bytes;
  const rotated = missing > 0 ? (await filesBeside(path)).find(({ isRotation }) => isRotation) : undefined;
  if (rotated === undefined) return [own];
  return [{ path: rotated.path, from: Math.max(0, rotated.bytes - missing), to: rotated.bytes }, own];
}

/** Where a log ends now; a log that is not there, at its beginning. */
export async function endOf(path: string): Promise<Pick<LogMark, 'bytes' | 'inode' | 'tail'>> {
  const stats = await statIfThere(path);
  const bytes = stats?.size ?? 0;
  return { bytes, inode: stats?.ino ?? 0, tail: await tailHash(path, bytes) };
}

/** What was added to a log since its mark, in order. */
export async function addedSince(path: string, mark: LogMark): Promise<readonly LogPart[]> {
  const stats = await statIfThere(path);
  const bytes = stats?.size ?? 0;
  // Not by inode alone: a freed one is soon given to another file, and a carried-over log is a copy with a new one.
  if (bytes >= mark.bytes && (await tailHash(path, mark.bytes)) === mark.tail)
    return [{ path, from: mark.bytes, to: bytes }];
  return [...(await rotatedSince(path, mark)), { path, from: 0, to: bytes }];
}

/** What was added before a log was rotated, such as to `error.log.1`: once, or several times. */
async function rotatedSince(path: string, mark: LogMark): Promise<readonly LogPart[]> {
  const beside = await filesBeside(path);
  for (const [index, file] of beside.entries()) {
    const { inode, bytes } = file;
    if (inode !== mark.inode || bytes < mark.bytes || (await tailHash(file.path, mark.bytes)) !== mark.tail)
      continue;
    const later = beside.slice(0, index).filter(({ isRotation }) => isRotation);
    return [
      { path: file.path, from: mark.bytes, to: bytes },
      ...later.toReversed().map((one) => ({ path: one.path, from: 0, to: one.bytes })),
    ];
  }
  return [];
}
