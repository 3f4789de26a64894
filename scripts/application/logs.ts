import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { placesOf } from '../release/places.ts';
import { fileFailed, statIfThere, systemErrorCode } from '../system/files.ts';
import { looksLikeError, newErrors, signatureMark, type LogError } from './log-lines.ts';

/** Where a log ended, and which errors its end held. Plain data: it can be journaled. */
interface LogMark {
  /** As APP_LOGS has it. */
  readonly log: string;
  readonly bytes: number;
  readonly inode: number;
  /** Hash of the last bytes: tells the log's copy, moved into the new tree, from another file. */
  readonly tail: string;
  /** What `signatureMark` makes of them. */
  readonly signatures: readonly string[];
}
export type LogBaseline = readonly LogMark[];

/** How much of a log's end is read for the errors that it had before. */
const historyBytes = 4_000_000;
/** How much of what was added is read: an error that fills more than this shows in the first part. */
const addedBytes = 16_000_000;
const tailBytes = 4096;
/** A log of this size is read in less than a second to count its lines. */
const countedBytes = 200_000_000;
const pieceBytes = 4_000_000;

/** Marks where each log of APP_LOGS ends; one that is not there yet begins later. */
export async function logBaseline(context: Context): Promise<LogBaseline> {
  return Promise.all(
    (context.config.APP_LOGS ?? []).map(async (log) => {
      const path = await logPath(context, log);
      const stats = await statIfThere(path);
      const bytes = Number(stats?.size ?? 0);
      const history = await readPart(path, Math.max(0, bytes - historyBytes), bytes);
      return {
        log,
        bytes,
        inode: Number(stats?.ino ?? 0),
        tail: await tailHash(path, bytes),
        signatures: [...new Set(linesOf(history).filter(looksLikeError).map(signatureMark))],
      };
    }),
  );
}

/**
 * The errors that the logs have got since the baseline, without those whose like they had before. A log that was
 * rotated is read from where it was in its renamed file, and then from its new beginning; one that was emptied, from
 * its beginning.
 */
export async function newLogErrors(context: Context, baseline: LogBaseline): Promise<readonly LogError[]> {
  const found: LogError[] = [];
  for (const mark of baseline) {
    const path = await logPath(context, mark.log);
    const known = new Set(mark.signatures);
    for (const added of await addedSince(path, mark)) {
      const log = added.path === path ? mark.log : added.path;
      const lines = linesOf(await readPart(added.path, added.from, added.to));
      // Counted only where there is something to show.
      if (newErrors(log, lines, known, undefined).length === 0) continue;
      const errors = newErrors(log, lines, known, await lineEnds(added.path, added.from));
      found.push(...errors);
      for (const { line } of errors) known.add(signatureMark(line));
    }
  }
  return found;
}

/** A part of a file, in bytes. */
interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

async function addedSince(path: string, mark: LogMark): Promise<readonly Part[]> {
  const stats = await statIfThere(path);
  const bytes = Number(stats?.size ?? 0);
  // Not by inode alone: a freed one is soon given to another file, and a carried-over log is a copy with a new one.
  if (bytes >= mark.bytes && (await tailHash(path, mark.bytes)) === mark.tail)
    return [{ path, from: mark.bytes, to: Math.min(bytes, mark.bytes + addedBytes) }];
  const rotated = await rotatedTo(path, mark);
  return [
    ...(rotated === undefined ? [] : [{ path: rotated, from: mark.bytes, to: mark.bytes + addedBytes }]),
    { path, from: 0, to: Math.min(bytes, addedBytes) },
  ];
}

/** How many lines end before a position of a file; undefined where counting would take long. */
async function lineEnds(path: string, end: number): Promise<number | undefined> {
  if (end > countedBytes) return undefined;
  let lines = 0;
  for (let from = 0; from < end; from += pieceBytes)
    lines += (await readPart(path, from, Math.min(end, from + pieceBytes))).split('\n').length - 1;
  return lines;
}

/** The file beside a log that it was renamed to, such as `error.log.1`. */
async function rotatedTo(path: string, mark: LogMark): Promise<string | undefined> {
  const folder = dirname(path);
  try {
    for (const name of await readdir(folder)) {
      if (name === basename(path) || !name.startsWith(basename(path).replace(/\.[^.]*$/, ''))) continue;
      const candidate = join(folder, name);
      const { ino, size } = await stat(candidate);
      if (ino === mark.inode && size >= mark.bytes && (await tailHash(candidate, mark.bytes)) === mark.tail)
        return candidate;
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileFailed(folder, 'read', error);
  }
  return undefined;
}

async function logPath(context: Context, log: string): Promise<string> {
  const { live, entry } = await placesOf(context);
  return resolve(live ?? entry, log);
}

async function tailHash(path: string, end: number): Promise<string> {
  return createHash('sha256')
    .update(await readPart(path, Math.max(0, end - tailBytes), end))
    .digest('hex');
}

/** The text between two positions of a file; empty when it is not there. */
async function readPart(path: string, from: number, to: number): Promise<string> {
  if (to <= from) return '';
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(to - from);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw fileFailed(path, 'read', error);
  }
}

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/);
