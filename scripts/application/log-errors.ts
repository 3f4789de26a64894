import { createHash } from 'node:crypto';

/** An error in a log: a line that stands for all of its kind, and how many there are. */
export interface LogError {
  readonly log: string;
  /** The number of the line in its file, from 1; undefined in a file that is too long to count. */
  readonly number: number | undefined;
  readonly line: string;
  readonly count: number;
}

/** What the logs of PHP, web servers, Monolog, Python, Node and JSON loggers call an error. */
const errorWords =
  /\b(fatal|errors?|crit|critical|emerg|emergency|alert|panic|severe|segfault|uncaught|unhandled)\b|exception|traceback|SQLSTATE\[/i;

/** Whether a line of a log reports an error. */
export const looksLikeError = (line: string): boolean => errorWords.test(line);

const weekdays = /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g;
const months = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g;

/** The folder of a release in a path, also where JSON has written a backslash before each slash. */
const releaseFolders = /\breleases(\\*\/)[^\s/\\:"']+/g;

/**
 * A line without what differs each time that the same thing happens: times, numbers, addresses, ids, and which release it
 * happens in.
 */
export function signatureOf(line: string): string {
  return line
    .replaceAll(releaseFolders, 'releases$1#')
    .replaceAll(weekdays, 'D')
    .replaceAll(months, 'M')
    .replaceAll(/\b0x[0-9a-f]+\b/gi, '#')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#')
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, '#')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}

/** What a signature is remembered by: a line of a log may hold what belongs into no journal. */
export const signatureMark = (line: string): string =>
  createHash('sha256').update(signatureOf(line)).digest('hex').slice(0, 16);

/** Errors by the mark of their signature; `at` is how many lines of what was searched stand before the first. */
export type FoundErrors = Map<string, Pick<LogError, 'line' | 'count'> & { readonly at: number }>;

/** More kinds of errors than this nobody reads. */
const mostKinds = 1000;

/**
 * Adds the errors among more lines to those that were found, unless their signature is known; one for each signature.
 *
 * @param known marks of signatures
 * @param before how many lines were searched before these
 */
export function addErrors(
  found: FoundErrors,
  lines: readonly string[],
  known: ReadonlySet<string>,
  before: number,
): void {
  for (const [index, line] of lines.entries()) {
    if (!looksLikeError(line)) continue;
    const mark = signatureMark(line);
    if (known.has(mark)) continue;
    const entry = found.get(mark);
    if (entry !== undefined) found.set(mark, { ...entry, count: entry.count + 1 });
    else if (found.size < mostKinds)
      found.set(mark, { line: line.trim().slice(0, 500), count: 1, at: before + index });
  }
}
