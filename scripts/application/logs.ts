import { resolve } from 'node:path';
import { warn, type Context } from '../context.ts';
import { placesOf } from '../release/places.ts';
import { statIfThere } from '../system/files.ts';
import { addErrors, looksLikeError, signatureMark, type FoundErrors, type LogError } from './log-lines.ts';
import { bounded, lineEnds, linesOf, tailHash, type LogPart } from './log-parts.ts';
import { filesBeside } from './rotated-logs.ts';

/** Where a log ended, and which errors it held. Plain data: it can be journaled. */
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
/** How much of what was added to a log is read: some ten seconds. */
const addedBytes = 1_000_000_000;
/** A log with more kinds of errors than this has no kinds; they would fill the journal. */
const mostSignatures = 100_000;

/** Marks where each log of APP_LOGS ends; one that is not there yet begins later. */
export async function logBaseline(context: Context): Promise<LogBaseline> {
  return Promise.all(
    (context.config.APP_LOGS ?? []).map(async (log) => {
      const path = await logPath(context, log);
      const end = await endOf(path);
      const signatures = new Set<string>();
      for (const part of await historyOf(path, end.bytes)) await learnErrors(part, signatures);
      return { log, ...end, signatures: [...signatures] };
    }),
  );
}

/**
 * Marks the ends of the logs again: the errors that they have got since the baseline are known from here on. What is not
 * read of a log, because so much was added, is a warning.
 *
 * @param limitBytes how much of what was added to each log is read
 */
export async function markAgain(
  context: Context,
  baseline: LogBaseline,
  limitBytes = addedBytes,
): Promise<LogBaseline> {
  const marks: LogMark[] = [];
  for (const mark of baseline) {
    const path = await logPath(context, mark.log);
    // First: what is logged while the rest is read comes after the mark.
    const end = await endOf(path);
    const { parts, leftBytes } = bounded(await addedSince(path, mark), limitBytes);
    const signatures = new Set(mark.signatures);
    let unreadBytes = leftBytes;
    for (const part of parts) unreadBytes += await learnErrors(part, signatures);
    if (unreadBytes > 0) warn(context, 'log-not-learned', { log: mark.log, unreadBytes });
    marks.push({ log: mark.log, ...end, signatures: [...signatures] });
  }
  return marks;
}

/**
 * The errors that the logs have got since the baseline, without those whose like they had before. A log that was
 * rotated is read from where it was in its renamed file, and then from its new beginning; one that was emptied, from
 * its beginning. What is not read of a log, because so much was added, is a warning.
 *
 * @param limitBytes how much of what was added to each log is read
 */
export async function newLogErrors(
  context: Context,
  baseline: LogBaseline,
  limitBytes = addedBytes,
): Promise<readonly LogError[]> {
  const errors: LogError[] = [];
  for (const mark of baseline) {
    const path = await logPath(context, mark.log);
    const known = new Set(mark.signatures);
    const { parts, leftBytes } = bounded(await addedSince(path, mark), limitBytes);
    for (const part of parts) {
      const found = await errorsIn(part, known);
      // Counted only where there is something to show.
      const before = found.size === 0 ? undefined : await lineEnds(part.path, part.from);
      const log = part.path === path ? mark.log : part.path;
      for (const [signature, { line, count, at }] of found) {
        errors.push({ log, number: before === undefined ? undefined : before + at + 1, line, count });
        known.add(signature);
      }
    }
    if (leftBytes > 0) warn(context, 'log-not-read', { log: mark.log, unreadBytes: leftBytes });
  }
  return errors;
}

async function errorsIn(part: LogPart, known: ReadonlySet<string>): Promise<FoundErrors> {
  const found: FoundErrors = new Map();
  for await (const { lines, before } of linesOf(part)) addErrors(found, lines, known, before);
  return found;
}

/** Adds the errors of a part to those that are known; how many bytes were not read, because there are too many kinds. */
async function learnErrors(part: LogPart, signatures: Set<string>): Promise<number> {
  for await (const { lines, readBytes } of linesOf(part)) {
    for (const line of lines) if (looksLikeError(line)) signatures.add(signatureMark(line));
    if (signatures.size > mostSignatures) return part.to - part.from - readBytes;
  }
  return 0;
}

/** The end of a log; where it is short, it was rotated not long ago, and the newest rotated file has what came before. */
async function historyOf(path: string, bytes: number): Promise<readonly LogPart[]> {
  const own = { path, from: Math.max(0, bytes - historyBytes), to: bytes };
  const missing = historyBytes - bytes;
  const rotated = missing > 0 ? (await filesBeside(path)).find(({ isRotation }) => isRotation) : undefined;
  if (rotated === undefined) return [own];
  return [{ path: rotated.path, from: Math.max(0, rotated.bytes - missing), to: rotated.bytes }, own];
}

async function endOf(path: string): Promise<Pick<LogMark, 'bytes' | 'inode' | 'tail'>> {
  const stats = await statIfThere(path);
  const bytes = Number(stats?.size ?? 0);
  return { bytes, inode: Number(stats?.ino ?? 0), tail: await tailHash(path, bytes) };
}

async function addedSince(path: string, mark: LogMark): Promise<readonly LogPart[]> {
  const stats = await statIfThere(path);
  const bytes = Number(stats?.size ?? 0);
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

async function logPath(context: Context, log: string): Promise<string> {
  const { live, entry } = await placesOf(context);
  return resolve(live ?? entry, log);
}
