import { note, orLeftOver, type Context } from '../../core/context.ts';
import { reasonOf } from '../../core/errors.ts';
import { goesAlongOf } from '../../release/copy/complete-staged.ts';
import { carryLate } from '../../release/copy/late-writes.ts';
import { recordInstalled } from '../../release/installed.ts';
import { exists } from '../../system/files.ts';
import { readNewestJournal } from './journal.ts';
import { foldJournal, type RunState } from './state.ts';

/**
 * Keeps the list of what is installed now, and sees to what was written to the old tree late, unless a run that was cut
 * off here had done so.
 */
export async function record(context: Context, { kind, release, switchPlan }: RunState): Promise<void> {
  if (release === undefined || kind !== 'upgrade') return;
  await orLeftOver(context, release.list, async () => {
    if (!(await exists(release.list))) return;
    const goesAlong = await goesAlongOf(context, release);
    // One of these failing is no reason to leave the other undone.
    await recordList(context, release);
    if (switchPlan !== undefined) await carryLate(context, goesAlong, switchPlan);
  });
}

/**
 * Keeps the list of what the newest run has installed, where the disk was too full for it at its end.
 *
 * @throws MajError of `recordInstalled`: what went on without the list would remove it, and carry none of the user's files
 */
export async function recordLate(context: Context): Promise<void> {
  const journal = await readNewestJournal(context);
  const state = journal === undefined ? undefined : foldJournal(journal.lines);
  if (state?.outcome !== 'succeeded' || state.kind === 'go-back' || state.release === undefined) return;
  if (await exists(state.release.list)) await recordInstalled(context, state.release);
}

/** Keeps the list of what is installed now; where that fails, it stays where it is for `recordLate`. */
export async function recordList(context: Context, release: { readonly list: string }): Promise<void> {
  try {
    await recordInstalled(context, release);
  } catch (error) {
    note(context, 'record-late', { path: release.list, reason: reasonOf(error) });
  }
}
