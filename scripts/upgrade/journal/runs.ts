import type { Context } from '../../core/context.ts';
import { namesIn } from '../../system/files.ts';
import { parseJournal, readJournal, readJournalText, runsDir, type JournalLine } from './journal.ts';

/** The runs there are, newest first (see `newRunId`). */
export const runIds = async (context: Pick<Context, 'projectDir'>): Promise<string[]> =>
  (await namesIn(runsDir(context))).toReversed();

/** The journal of the newest run; undefined when there never was one. */
export async function readNewestJournal(
  context: Pick<Context, 'projectDir'>,
): Promise<{ run: string; lines: JournalLine[] } | undefined> {
  for (const run of await runIds(context)) {
    const lines = await readJournal(context, run);
    if (lines.length > 0) return { run, lines };
  }
  return undefined;
}

/**
 * The journals of the runs that did not come to their end, newest first. Of the others only the end is parsed: a live
 * system may have hundreds.
 */
export async function readOpenJournals(context: Pick<Context, 'projectDir'>): Promise<JournalLine[][]> {
  const open: JournalLine[][] = [];
  for (const run of await runIds(context)) {
    const text = await readJournalText(context, run);
    const ends = text.split('\n').filter((line) => line.includes('"run-finished"'));
    const isOver = parseJournal(ends.join('\n')).some(({ type }) => type === 'run-finished');
    if (!isOver) open.push(parseJournal(text));
  }
  return open;
}

/** The id of a new run: unique under the lock, and after those of all runs before. */
export const newRunId = async (context: Pick<Context, 'projectDir' | 'clock'>): Promise<string> =>
  nextRunId(context.clock.now(), await runIds(context));

const form = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/;

/**
 * The time as an id that sorts by time. Where a clock was ahead once, or has been set back since: an instant after the
 * newest of the others, for the order of the runs is read from their ids. Pure.
 *
 * @param others in any order; those of another form do not count
 */
export function nextRunId(now: Date, others: readonly string[]): string {
  const newest = others.filter((id) => form.test(id)).reduce((a, b) => (a > b ? a : b), '');
  const id = idOf(now);
  if (id > newest) return id;
  return idOf(new Date(Date.parse(newest.replace(form, '$1-$2-$3T$4:$5:$6.$7Z')) + 1));
}

const idOf = (at: Date): string => at.toISOString().replaceAll(/[-:.]/g, '');
