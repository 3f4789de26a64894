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

/**
 * A line without what differs each time that the same thing happens: times, numbers, addresses, ids.
 */
export function signatureOf(line: string): string {
  return line
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

/**
 * The errors among new lines whose signature is not known, one for each signature.
 *
 * @param before how many lines stand before these in their file; undefined where that is not known
 */
export function newErrors(
  log: string,
  lines: readonly string[],
  /** Marks of signatures. */
  known: ReadonlySet<string>,
  before: number | undefined,
): readonly LogError[] {
  const found = new Map<string, { line: string; number: number | undefined; count: number }>();
  for (const [index, line] of lines.entries()) {
    if (!looksLikeError(line)) continue;
    const signature = signatureOf(line);
    if (known.has(signatureMark(line))) continue;
    const entry = found.get(signature);
    const number = before === undefined ? undefined : before + index + 1;
    if (entry === undefined) found.set(signature, { line: line.trim().slice(0, 500), number, count: 1 });
    else entry.count += 1;
  }
  return [...found.values()].map((entry) => ({ log, ...entry }));
}
