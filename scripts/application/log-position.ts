import { createHash } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { openFollowed } from '../system/symlink-safe-fs.ts';
import { fileFailed, namesIn, statIfThere, systemErrorCode } from '../system/files.ts';

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

/** A file beside a log whose name begins like the log's. */
interface FileBeside {
  readonly path: string;
  readonly bytes: number;
  readonly inode: number;
  readonly changedMs: number;
  /** Whether its name is that of a rotation, see `isRotationOf`. */
  readonly isRotation: boolean;
}

const packed = /\.(?:gz|bz2|xz|zst)$/;
const stemOf = (log: string): string => log.slice(0, log.length - extname(log).length);

/** Whether a name is that of a log that was rotated and not packed, such as `error.log.1` or `error-20261122.log`: pure. */
export function isRotationOf(name: string, log: string): boolean {
  if (packed.test(name)) return false;
  if (name.startsWith(log)) return /^[-._~]/.test(name.slice(log.length));
  const [stem, ending] = [stemOf(log), extname(log)];
  if (ending === '' || !name.startsWith(stem) || !name.endsWith(ending)) return false;
  return /^[-._]\d[-._\dT]*$/.test(name.slice(stem.length, -ending.length));
}

/** The files beside a log that it may have been renamed to, the newest first. */
export async function filesBeside(path: string): Promise<readonly FileBeside[]> {
  const [folder, log] = [dirname(path), basename(path)];
  const found: FileBeside[] = [];
  for (const name of await namesIn(folder)) {
    if (name === log || !name.startsWith(stemOf(log))) continue;
    const beside = join(folder, name);
    const stats = await statIfThere(beside);
    if (stats?.isFile() !== true) continue;
    found.push({
      path: beside,
      bytes: stats.size,
      inode: stats.ino,
      changedMs: stats.mtimeMs,
      isRotation: isRotationOf(name, log),
    });
  }
  return found.sort((a, b) => b.changedMs - a.changedMs);
}

/** A part of a file, in bytes. */
export interface LogPart {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The beginning of several parts together, and how many bytes are left out: pure.
 *
 * @param limitBytes how much they may hold
 */
export function bounded(
  parts: readonly LogPart[],
  limitBytes: number,
): { readonly parts: readonly LogPart[]; readonly leftBytes: number } {
  const kept: LogPart[] = [];
  let left = limitBytes;
  let leftBytes = 0;
  for (const { path, from, to } of parts) {
    const end = Math.min(to, from + left);
    kept.push({ path, from, to: end });
    left -= end - from;
    leftBytes += to - end;
  }
  return { parts: kept, leftBytes };
}

/** Lines that stand behind each other in a file. */
interface LogLines {
  readonly lines: readonly string[];
  /** How many lines end between the beginning of the part and the first of these. */
  readonly before: number;
  /** How many bytes of the part have been read when these are handed out. */
  readonly readBytes: number;
}

const readInTurn = promisify(read);

const tailBytes = 4096;
/** A log of this size is read in less than a second to count its lines. */
const countedBytes = 200_000_000;
const pieceBytes = 4_000_000;
const lineEnd = 0x0a;

/**
 * The lines of a part, some megabytes at a time. Of a line that is longer than a piece, each piece counts as a line; a
 * file that is not there has none.
 */
export async function* linesOf({ path, from, to }: LogPart): AsyncGenerator<LogLines> {
  let rest = Buffer.alloc(0);
  let before = 0;
  for await (const piece of piecesOf({ path, from, to })) {
    const held = Buffer.concat([rest, piece.bytes]);
    const end = held.lastIndexOf(lineEnd) + 1;
    const whole = end === 0 && held.length < pieceBytes ? 0 : end === 0 ? held.length : end;
    rest = Buffer.from(held.subarray(whole));
    if (whole === 0) continue;
    const lines = held.toString('utf8', 0, whole).split(/\r?\n/);
    const ended = lines.length - 1;
    // What follows the last end is the next line's beginning.
    yield {
      lines: end === 0 ? lines : lines.slice(0, -1),
      before,
      readBytes: piece.end - from - rest.length,
    };
    before += ended;
  }
  if (rest.length > 0) yield { lines: [rest.toString('utf8')], before, readBytes: to - from };
}

/** How many lines end before a position of a file; undefined where counting would take long. */
export async function lineEnds(path: string, end: number): Promise<number | undefined> {
  if (end > countedBytes) return undefined;
  let ends = 0;
  for await (const { bytes } of piecesOf({ path, from: 0, to: end }))
    for (let at = bytes.indexOf(lineEnd); at >= 0; at = bytes.indexOf(lineEnd, at + 1)) ends += 1;
  return ends;
}

/** A hash of what stands before a position of a file: tells a copy of it from another file. */
async function tailHash(path: string, end: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const { bytes } of piecesOf({ path, from: Math.max(0, end - tailBytes), to: end }))
    hash.update(bytes);
  return hash.digest('hex');
}

async function* piecesOf({ path, from, to }: LogPart): AsyncGenerator<{ bytes: Buffer; end: number }> {
  if (to <= from) return;
  let file: number | undefined;
  try {
    file = openFollowed(path);
    for (let at = from; at < to;) {
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, to - at));
      const { bytesRead } = await readInTurn(file, buffer, 0, buffer.length, at);
      // It was cut short meanwhile.
      if (bytesRead === 0) return;
      at += bytesRead;
      yield { bytes: buffer.subarray(0, bytesRead), end: at };
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileFailed(path, 'read', error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
