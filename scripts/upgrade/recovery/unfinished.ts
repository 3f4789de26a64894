import type { Context } from '../../core/context.ts';
import { locked, refused, unfinished, type MajError } from '../../core/errors.ts';
import { refuseHalfRestored, refuseRestoring } from '../../restore/restore-mark.ts';
import { livenessOf, placeOf } from '../../system/process/identity.ts';
import { readOpenJournals } from '../journal/journal.ts';
import { enteredWindow, foldJournal, mayHaveChanged, type RunState } from '../journal/state.ts';
import { planResume } from './resume-plan.ts';

/**
 * The run that did not come to its end; of several the newest, but first one that had entered its window: what was begun
 * over it has to wait. Called under the lock, so that whoever worked on it is dead.
 */
export async function findUnfinished(context: Pick<Context, 'projectDir'>): Promise<RunState | undefined> {
  const states = (await readOpenJournals(context)).map(foldJournal).filter((state) => state !== undefined);
  return states.find(enteredWindow) ?? states[0];
}

/**
 * The run that is to be resumed.
 *
 * @throws MajError `nothing-to-resume`; `upgrade-at-work` (exit code 5) when it lives, though its lock is gone
 */
export async function requireUnfinished(context: Pick<Context, 'projectDir'>): Promise<RunState> {
  const state = await findUnfinished(context);
  if (state === undefined) throw refused('nothing-to-resume', {});
  return requireDead(state);
}

/**
 * Refuses to work on a system that an upgrade or a restore left half-way, telling how far it came. An upgrade that died before its
 * window has changed nothing of the live system, and stands in nobody's way but the next upgrade's; one that lives stands
 * in everybody's.
 *
 * @param options `restoring`: a restore that was cut off is simply run again
 * @throws MajError `upgrade-unfinished`, `restore-unfinished`, exit code 6; `upgrade-at-work`, `restore-at-work`, 5
 */
export async function refuseUnfinished(
  context: Pick<Context, 'projectDir'>,
  options: { readonly restoring?: boolean } = {},
): Promise<void> {
  await (options.restoring === true ? refuseRestoring(context) : refuseHalfRestored(context));
  const state = await findUnfinished(context);
  if (state !== undefined && (enteredWindow(state) || livenessOf(state.holder) === 'alive'))
    throw unfinishedError(state);
}

/**
 * Refuses whatever an earlier upgrade or restore left unfinished, also where nothing had been changed yet.
 *
 * @throws MajError `upgrade-unfinished`, `restore-unfinished`, exit code 6; `upgrade-at-work`, `restore-at-work`, 5
 */
export async function refuseLeftOver(context: Pick<Context, 'projectDir'>): Promise<void> {
  const state = await findUnfinished(context);
  if (state !== undefined) throw unfinishedError(state);
  await refuseHalfRestored(context);
}

/** What is said of an unfinished run. */
export function unfinishedError(state: RunState): MajError {
  const { run, kind, from, to, startedAt, backup, failure, rollBackFailure, lastStep, holder } = state;
  const named = { run, kind, from, to, startedAt, pid: holder.pid, host: holder.host };
  if (livenessOf(holder) === 'alive') return locked('upgrade-at-work', named);
  return unfinished('upgrade-unfinished', {
    ...named,
    ...{ backup, failure, rollBackFailure },
    step: lastStep?.step,
    finished: lastStep?.finished ?? false,
    changed: mayHaveChanged(state),
    maintenance: enteredWindow(state) && state.maintenanceWas !== 'unmanaged',
    plan: planResume(state),
    where: placeOf(holder),
  });
}

/**
 * The run, unless whoever works on it lives.
 *
 * @throws MajError `upgrade-at-work`, exit code 5
 */
export function requireDead(state: RunState): RunState {
  if (livenessOf(state.holder) === 'alive') throw unfinishedError(state);
  return state;
}
