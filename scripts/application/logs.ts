import { resolve } from 'node:path';
import { maskSecrets } from '../config/mask-secrets.ts';
import { warn, type Context } from '../core/context.ts';
import { placesOf } from '../release/places.ts';
import { addErrors, looksLikeError, signatureMark, type FoundErrors, type LogError } from './log-errors.ts';
import {
  addedSince,
  bounded,
  endOf,
  historyOf,
  lineEnds,
  linesOf,
  type LogMark,
  type LogPart,
} from './log-position.ts';

/** Where the logs ended. */
export type LogBaseline = readonly LogMark[];

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
        const number = before === undefined ? undefined : before + at + 1;
        errors.push({ log, number, line: maskSecrets(context.config, line), count });
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

async function logPath(context: Context, log: string): Promise<string> {
  const { live, entry } = await placesOf(context);
  return resolve(live ?? entry, log);
}
