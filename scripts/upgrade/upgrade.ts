import { setMaintenance } from '../application/maintenance.ts';
import { installedVersion } from '../application/version.ts';
import type { Context } from '../context.ts';
import { MajError, notRolledBack, reasonOf, refused, rolledBack } from '../errors.ts';
import { findPackage } from '../release/find.ts';
import { recordInstalled } from '../release/installed.ts';
import type { FoundPackage } from '../release/types.ts';
import { note } from '../context.ts';
import { ownIdentity } from '../system/identity.ts';
import { openJournal, readJournal, type Journal } from './journal.ts';
import { prepare, type Prepared } from './prepare.ts';
import { rollBack } from './roll-back.ts';
import { doStep, type UpgradeRun } from './run.ts';
import { enteredWindow, foldJournal, mayHaveChanged, type RunState } from './state.ts';
import { findUnfinished, unfinishedError } from './unfinished.ts';
import { passWindow, type WindowResult } from './window.ts';

/** An upgrade that has succeeded. */
export interface Upgraded extends WindowResult {
  readonly run: string;
  readonly from: string | null;
  readonly to: string;
  readonly windowMs: number;
  /** The steps of the window, and how long each took. */
  readonly steps: UpgradeRun['durations'];
}

/**
 * The whole guide, in order, journaled; called under the lock.
 *
 * @param wanted a version, or the path of a package
 * @throws MajError what refused it, before anything changed; `upgrade-rolled-back` (exit code 10);
 *   `upgrade-not-rolled-back` (11); `upgrade-unfinished` (6)
 */
export async function upgrade(context: Context, wanted: string): Promise<Upgraded> {
  const left = await findUnfinished(context);
  if (left !== undefined) throw unfinishedError(left);
  const from = await installedVersion(context);
  const found = await findPackage(context, wanted);
  return withJournal(context, newRunId(context), async (journal) => {
    const run: UpgradeRun = { context, journal, durations: [] };
    await journal.add({
      type: 'run-started',
      run: journal.run,
      from,
      to: wanted,
      package: found.path,
      holder: ownIdentity(),
    });
    try {
      return await followGuide(run, found, from);
    } catch (error) {
      throw await settle(run, error);
    }
  });
}

/** Takes an unfinished upgrade back; called under the lock. */
export async function rollBackUnfinished(context: Context): Promise<RunState> {
  const state = await findUnfinished(context);
  if (state === undefined) throw refused('nothing-to-roll-back', {});
  await withJournal(context, state.run, (journal) =>
    rollBack(context, journal, state, state.failure ?? unfinishedError(state).message.split('\n')[0] ?? ''),
  );
  return state;
}

async function followGuide(run: UpgradeRun, found: FoundPackage, from: string | null): Promise<Upgraded> {
  const { context, journal } = run;
  const prepared = await prepare(run, found);
  const before = run.durations.length;
  const opened = context.clock.monotonicMs();
  const result = await passWindow(run, prepared);
  await endWindow(run, prepared);
  const windowMs = Math.round(context.clock.monotonicMs() - opened);
  await journal.add({ type: 'run-finished', outcome: 'succeeded' });
  try {
    await recordInstalled(context, prepared.staged);
  } catch (error) {
    // The upgrade is done and healthy: what is only bookkeeping never undoes it.
    note(context, 'left-over', { path: prepared.staged.list, reason: reasonOf(error) });
  }
  return {
    ...result,
    run: journal.run,
    from,
    to: prepared.staged.version,
    windowMs,
    steps: run.durations.slice(before),
  };
}

/** The new version is in place and healthy: a maintenance that cannot be ended is no reason to go back. */
async function endWindow(run: UpgradeRun, { staged }: Prepared): Promise<void> {
  const state = await stateOf(run);
  try {
    await doStep(run, 'maintenance-off', async () => {
      if (state?.maintenanceWas === 'off') await setMaintenance(run.context, 'off');
    });
  } catch (error) {
    await run.journal.add({ type: 'run-finished', outcome: 'succeeded' });
    throw notRolledBack(
      'maintenance-stays',
      { to: staged.version, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/** What a failure becomes: rolled back as far as the journal says that it has to be. */
async function settle(run: UpgradeRun, error: unknown): Promise<unknown> {
  const state = await stateOf(run);
  if (state?.outcome !== 'unfinished') return error;
  const reason = reasonOf(error);
  await rollBack(run.context, run.journal, state, reason);
  if (!enteredWindow(state) || !mayHaveChanged(state)) return error;
  const { from, to, backup } = state;
  const hint = error instanceof MajError ? error : undefined;
  return rolledBack('upgrade-rolled-back', { from, to, reason, backup }, { cause: hint ?? error });
}

async function stateOf({ context, journal }: UpgradeRun): Promise<RunState | undefined> {
  return foldJournal(await readJournal(context, journal.run));
}

async function withJournal<T>(
  context: Context,
  run: string,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const journal = await openJournal(context, run);
  try {
    return await work(journal);
  } finally {
    await journal.close();
  }
}

/** Sorts by time, and is unique under the lock. */
const newRunId = (context: Context): string => context.clock.now().toISOString().replaceAll(/[-:.]/g, '');
