import { basename } from 'node:path';
import { clearCacheOnWayBack } from '../../application/deploy-commands.ts';
import { checkHealth } from '../../application/health.ts';
import { setMaintenance } from '../../application/maintenance.ts';
import { startServices, stopServices } from '../../application/services.ts';
import { findBackup } from '../../backup/find.ts';
import { databaseOf, type Backup } from '../../backup/list.ts';
import { sweepPartials } from '../../backup/partial.ts';
import { verifyBackup } from '../../backup/verify.ts';
import { backupsDir } from '../../config/required-settings.ts';
import { inStep, note, orLeftOver, warn, type Context } from '../../core/context.ts';
import { notRolledBack, reasonOf, refused } from '../../core/errors.ts';
import { ownershipOf } from '../../database/same-database.ts';
import { targetFromConfig, type Target } from '../../database/session/target.ts';
import { endOrphans } from '../../migrations/in-doubt/orphan.ts';
import { keepWritten } from '../../release/copy/late-writes.ts';
import { placesOf } from '../../release/places.ts';
import { discardStaged } from '../../release/stage.ts';
import { undoMoves } from '../../release/switch.ts';
import { checkRestorable } from '../../restore/check-restorable.ts';
import {
  applyRestore,
  isRestored,
  learnRestore,
  restoreNeedsDefiners,
} from '../../restore/restore-database.ts';
import { ownIdentity } from '../../system/process/identity.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import { enteredWindow, mayHaveChanged, type RunState } from '../journal/state.ts';
import { doStep, sinceOpened, stateOfRun, stepsOfFailedWindow, type UpgradeRun } from '../timed-steps.ts';

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
  let isBack = !mayHaveChanged(state) || state.broughtBack;
  try {
    if (!isBack) {
      note(steady, 'rolling-back', { reason });
      await inStep(steady, 'roll-back', {}, async () => {
        await bringBack(run, state);
        isBack = true;
        await reopen(run, state);
      });
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
      { to, reason, problem: reasonOf(error), backup, isBack, projectDir },
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

/** Puts files and database back. */
async function bringBack(run: UpgradeRun, state: RunState): Promise<void> {
  const { context } = run;
  const { switchPlan, backup } = state;
  // They may run: after the last steps of the window, or a restart of the machine. Then they write to what is moved next.
  const areStopped = switchPlan !== undefined && (await stopFirst(run));
  if (switchPlan !== undefined) {
    await step(run, 'put-files-back', async () => {
      for (const path of await undoMoves(switchPlan)) note(context, 'stray-kept', { path });
    });
  }
  if (!areStopped) await step(run, 'stop-services-again', () => stopServices(context));
  // Before the first migration nothing of ours has touched the database: what differs in it is somebody else's.
  if (backup !== undefined && state.migrationStarted)
    await step(run, 'put-database-back', () => bringDatabaseBack(context, backup));
}

/** What comes once files and database are back. */
async function reopen(run: UpgradeRun, state: RunState): Promise<void> {
  const { context } = run;
  await keepFiles(context, state);
  await step(run, 'clear-cache-again', () => clearCacheOnWayBack(context));
  await startAgain(run);
  await step(run, 'check-health-again', () =>
    checkHealth(context, state.from === null ? {} : { version: state.from }),
  );
}

/**
 * Stops the services before files are moved. Where the new version's tree is not fit for that, it is not the end of the way
 * back: the old version's command does it as soon as that is in its place.
 */
async function stopFirst(run: UpgradeRun): Promise<boolean> {
  const { context } = run;
  if ((await placesOf(context)).live === undefined) return false;
  try {
    await step(run, 'stop-services-again', () => stopServices(context));
    return true;
  } catch (error) {
    warn(context, 'services-not-stopped-yet', { reason: reasonOf(error) });
    return false;
  }
}

/** Keeps what services and users have written to the new version's tree, which is removed in the end. */
async function keepFiles(context: Context, { switchPlan, staged, release, kind }: RunState): Promise<void> {
  if (switchPlan === undefined || staged === undefined || release === undefined || kind === 'go-back') return;
  const kept = await keepWritten(context, switchPlan, { folder: staged, list: release.list });
  if (kept !== undefined) warn(context, 'files-kept', kept);
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

/**
 * Brings the live database back to a backup. One that is as it was is left alone, and what was restored is compared by
 * the restore. May be called again when it was cut off.
 *
 * @throws MajError `other-database` before anything is looked at; what the restore throws
 */
export async function bringDatabaseBack(context: Context, id: string): Promise<void> {
  const target = targetFromConfig(context);
  const backup = await findBackup(context, id);
  refuseOtherDatabase(backup, target);
  await endOrphans(context, target);
  const work = await inStep(context, 'prove-equal', {}, () => learnRestore(context, backup, target));
  if (isRestored(work)) {
    note(context, 'database-unchanged', {});
    return;
  }
  // The restore begins by dropping what differs: not for a backup that cannot be read any more.
  const definers = restoreNeedsDefiners(work, backup.manifest) ? 'keep' : 'current';
  await checkRestorable(context, backup, target, definers);
  await verifyBackup(context, backup, { trustProof: true });
  await applyRestore(context, backup, target, work);
}

/**
 * Refuses to put a backup into another database than it was taken of: what is there is somebody else's.
 *
 * @throws MajError `other-database`
 */
export function refuseOtherDatabase(backup: Backup, { database }: Target): void {
  if (ownershipOf(databaseOf(backup), { name: database }) === 'other-database')
    throw refused('other-database', { backup: backup.id, was: backup.manifest.database.name, is: database });
}
