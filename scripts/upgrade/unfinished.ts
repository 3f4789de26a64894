import { refuseHalfRestored } from '../backup/restore-mark.ts';
import type { Context } from '../context.ts';
import { unfinished, type MajError } from '../errors.ts';
import { readNewestJournal } from './journal.ts';
import { enteredWindow, foldJournal, mayHaveChanged, mayHaveLetIn, type RunState } from './state.ts';

/** The newest upgrade, if it did not come to its end. Called under the lock, so that whoever worked on it is dead. */
export async function findUnfinished(context: Pick<Context, 'projectDir'>): Promise<RunState | undefined> {
  const journal = await readNewestJournal(context);
  const state = journal === undefined ? undefined : foldJournal(journal.lines);
  return state?.outcome === 'unfinished' ? state : undefined;
}

/**
 * Refuses to work on a system that an upgrade or a restore left half-way, telling how far it came. An upgrade that died before its
 * window has changed nothing of the live system, and stands in nobody's way but the next upgrade's.
 *
 * @param options `restoring`: a restore that was cut off is simply run again
 * @throws MajError `upgrade-unfinished`, `restore-unfinished`, exit code 6
 */
export async function refuseUnfinished(
  context: Pick<Context, 'projectDir'>,
  options: { readonly restoring?: boolean } = {},
): Promise<void> {
  if (options.restoring !== true) await refuseHalfRestored(context);
  const state = await findUnfinished(context);
  if (state !== undefined && enteredWindow(state)) throw unfinishedError(state);
}

/**
 * Refuses whatever an earlier upgrade or restore left unfinished, also where nothing had been changed yet.
 *
 * @throws MajError `upgrade-unfinished`, `restore-unfinished`, exit code 6
 */
export async function refuseLeftOver(context: Pick<Context, 'projectDir'>): Promise<void> {
  const state = await findUnfinished(context);
  if (state !== undefined) throw unfinishedError(state);
  await refuseHalfRestored(context);
}

/** What is said of an unfinished upgrade. */
export function unfinishedError(state: RunState): MajError {
  return unfinished('upgrade-unfinished', {
    run: state.run,
    from: state.from,
    to: state.to,
    startedAt: state.startedAt,
    step: state.lastStep?.step,
    finished: state.lastStep?.finished ?? false,
    changed: mayHaveChanged(state),
    maintenance: enteredWindow(state) && state.maintenanceWas !== 'unmanaged',
    backup: state.backup,
    letIn: mayHaveLetIn(state),
    failure: state.failure,
  });
}
