import { basename } from 'node:path';
import { checkHealth } from '../application/health.ts';
import { clearCacheOnWayBack } from '../application/hooks.ts';
import { setMaintenance } from '../application/maintenance.ts';
import { startServices, stopServices } from '../application/services.ts';
import { sweepPartials } from '../backup/sweep.ts';
import { backupsDir } from '../config/require.ts';
import { inStep, note, type Context } from '../context.ts';
import { notRolledBack, reasonOf } from '../errors.ts';
import { orLeftOver } from '../left-over.ts';
import { placesOf } from '../release/places.ts';
import { discardStaged } from '../release/stage.ts';
import { undoMoves } from '../release/switch.ts';
import { ownIdentity } from '../system/identity.ts';
import { bringDatabaseBack } from './database-back.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { doStep, stateOfRun, type UpgradeRun } from './run.ts';
import { enteredWindow, mayHaveChanged, type RunState } from './state.ts';
import { sinceOpened, stepsOfFailedWindow } from './window-times.ts';

/**
 * Brings everything back to what it was before the window, from what the journal says: files, database, application,
 * maintenance. May be called again when it failed or was cut off: each part finds out for itself what is left to do.
 *
 * @throws MajError `upgrade-not-rolled-back`, exit code 11; maintenance stays on then
 */
export async function rollBack(
  context: Context,
  journal: Journal,
  state: RunState,
  reason: string,
): Promise<void> {
  // Whoever asked to stop has been heard: a second signal must not stop the way back.
  const steady: Context = { ...context, signal: new AbortController().signal };
  const run: UpgradeRun = { context: steady, journal };
  // A disk too full for the journal does not stop the way back: what has to be undone is in it already.
  const tell = (entry: JournalEntry): Promise<void> => journal.add(entry).catch(() => undefined);
  await tell({ type: 'roll-back-started', reason, holder: ownIdentity() });
  try {
    if (mayHaveChanged(state) && !state.broughtBack) {
      note(steady, 'rolling-back', { reason });
      await inStep(steady, 'roll-back', {}, () => bringBack(run, state));
    } else if (state.servicesStopped) await startAgain(run);
    // On disk before users are let in: from then on a restore would lose what they write.
    await journal.add({ type: 'brought-back' });
    await doStep(run, 'put-maintenance-back', () => endMaintenance(steady, state));
    await journal.add({ type: 'run-finished', outcome: mayHaveChanged(state) ? 'rolled-back' : 'abandoned' });
  } catch (error) {
    await tell({ type: 'roll-back-failed', reason: reasonOf(error) });
    const { to, backup } = state;
    const { projectDir } = context;
    throw notRolledBack(
      'upgrade-not-rolled-back',
      { to, reason, problem: reasonOf(error), backup, projectDir },
      { cause: error },
    );
  }
  await tidy(steady, state);
  if (enteredWindow(state)) await tellWindow(run);
}

/** How long users had to wait for nothing, and where that time went. */
async function tellWindow(run: UpgradeRun): Promise<void> {
  const state = await stateOfRun(run);
  if (state === undefined) return;
  const windowMs = sinceOpened(run.context, state);
  note(run.context, 'window-was', { windowMs, steps: stepsOfFailedWindow(state) });
}

async function bringBack(run: UpgradeRun, state: RunState): Promise<void> {
  const { context } = run;
  const { switchPlan, backup } = state;
  if (switchPlan !== undefined) {
    await step(run, 'put-files-back', async () => {
      for (const path of await undoMoves(switchPlan)) note(context, 'stray-kept', { path });
    });
  }
  // By the old version's own command. They may run: after the last steps of the window, or a restart of the machine.
  await step(run, 'stop-services-again', () => stopServices(context));
  // Before the first migration nothing of ours has touched the database: what differs in it is somebody else's.
  if (backup !== undefined && state.migrationStarted)
    await step(run, 'put-database-back', () => bringDatabaseBack(context, backup));
  await step(run, 'clear-cache-again', () => clearCacheOnWayBack(context));
  await startAgain(run);
  await step(run, 'check-health-again', () =>
    checkHealth(context, state.from === null ? {} : { version: state.from }),
  );
}

async function startAgain(run: UpgradeRun): Promise<void> {
  await step(run, 'start-services-again', () => startServices(run.context));
}

/** As `doStep`, but a disk too full for the journal stops nothing of the way back. */
async function step<T>(
  run: UpgradeRun,
  name: Parameters<typeof doStep>[1],
  work: () => Promise<T>,
): Promise<T> {
  const add = (entry: JournalEntry): Promise<void> => run.journal.add(entry).catch(() => undefined);
  return doStep({ ...run, journal: { ...run.journal, add } }, name, work);
}

/** Puts maintenance back to what it was, never simply off. Where no application was, and none came, none is closed. */
async function endMaintenance(context: Context, state: RunState): Promise<void> {
  if (!enteredWindow(state) || state.maintenanceWas !== 'off') return;
  if (state.switchPlan === undefined && (await placesOf(context)).live === undefined) return;
  await setMaintenance(context, 'off');
}

/**
 * Removes the staged tree, and the half of a backup where the run was killed over it. What arrives when a run goes back
 * is the old version's own tree, which stays where it was kept, unless it was unpacked for that.
 */
async function tidy(context: Context, { staged, kind }: RunState): Promise<void> {
  const backups = backupsDir(context);
  await orLeftOver(context, backups, () => sweepPartials(context, backups));
  const isOurs = kind !== 'go-back' || (staged !== undefined && basename(staged).startsWith('staged-'));
  if (staged !== undefined && isOurs)
    await orLeftOver(context, staged, () => discardStaged({ folder: staged }));
}
