import { setMaintenance } from '../application/maintenance.ts';
import { installedVersion } from '../application/version.ts';
import type { Context } from '../context.ts';
import { reasonOf, refused, rolledBack } from '../errors.ts';
import { findPackage } from '../release/find.ts';
import type { Allowance, FoundPackage } from '../release/types.ts';
import { ownIdentity } from '../system/identity.ts';
import { openJournal, readJournal, type Journal } from './journal.ts';
import { letIn, type PassedWindow, type Upgraded } from './let-in.ts';
import { prepare } from './prepare.ts';
import { rollBack } from './roll-back.ts';
import type { UpgradeRun } from './run.ts';
import { enteredWindow, foldJournal, mayHaveChanged, mayHaveLetIn, type RunState } from './state.ts';
import { findUnfinished, refuseLeftOver, unfinishedError } from './unfinished.ts';
import { passWindow } from './window.ts';

/**
 * The whole guide, in order, journaled; called under the lock.
 *
 * @param wanted a version, the path of a package, or a commit
 * @param allow versions that are no step forward
 * @throws MajError what refused it, before anything changed; `upgrade-rolled-back` (exit code 10);
 *   `upgrade-not-rolled-back` (11); `upgrade-unfinished` (6)
 */
export async function upgrade(context: Context, wanted: string, allow: Allowance = {}): Promise<Upgraded> {
  await refuseLeftOver(context);
  const from = await installedVersion(context);
  const found = { ...(await findPackage(context, wanted)), allow };
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
    const opened = await openAndPass(run, found);
    return letIn(run, opened, from);
  });
}

/** How an unfinished upgrade was ended. */
interface Settled extends RunState {
  /** `succeeded`: users may have been let in to the new version, so that it stays. */
  readonly outcome: 'rolled-back' | 'abandoned' | 'succeeded';
}

/** Takes an unfinished upgrade back, unless only letting users in was left of it; called under the lock. */
export async function rollBackUnfinished(context: Context): Promise<Settled> {
  const state = await findUnfinished(context);
  if (state === undefined) throw refused('nothing-to-roll-back', {});
  return withJournal(context, state.run, async (journal) => {
    if (mayHaveLetIn(state)) {
      if (state.maintenanceWas === 'off') await setMaintenance(context, 'off');
      await journal.add({ type: 'run-finished', outcome: 'succeeded' });
      return { ...state, outcome: 'succeeded' };
    }
    const reason = state.failure ?? unfinishedError(state).message.split('\n')[0] ?? '';
    await rollBack(context, journal, state, reason);
    return { ...state, outcome: mayHaveChanged(state) ? 'rolled-back' : 'abandoned' };
  });
}

/** Everything that is taken back when it fails; ends with the line in the journal from which on nothing is. */
async function openAndPass(run: UpgradeRun, found: FoundPackage): Promise<PassedWindow> {
  try {
    const prepared = await prepare(run, found);
    const stepsBefore = run.durations.length;
    const openedMs = run.context.clock.monotonicMs();
    const result = await passWindow(run, prepared);
    const maintenanceWas = (await stateOf(run))?.maintenanceWas;
    await run.journal.add({ type: 'step-started', step: 'maintenance-off' });
    return { prepared, result, maintenanceWas, openedMs, stepsBefore };
  } catch (error) {
    throw await settle(run, error);
  }
}

/** What a failure becomes: rolled back as far as the journal says that it has to be. */
async function settle(run: UpgradeRun, error: unknown): Promise<unknown> {
  const state = await stateOf(run);
  if (state?.outcome !== 'unfinished') return error;
  const reason = reasonOf(error);
  await rollBack(run.context, run.journal, state, reason);
  if (!enteredWindow(state) || !mayHaveChanged(state)) return error;
  const { from, to } = state;
  const backup = state.migrationStarted ? state.backup : undefined;
  return rolledBack('upgrade-rolled-back', { from, to, reason, backup }, { cause: error });
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
