import { createHash } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { openFollowed } from '../system/beneath.ts';
import { fileFailed, systemErrorCode } from '../system/files.ts';

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
export interface LogLines {
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
export async function tailHash(path: string, end: number): Promise<string> {
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
