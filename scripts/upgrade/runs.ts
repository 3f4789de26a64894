import type { Context } from '../context.ts';
import { namesIn } from '../system/files.ts';
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
