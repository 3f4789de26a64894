import { clearCache } from '../application/deploy-commands.ts';
import { drainConnections } from '../application/drain.ts';
import {
  keepClosed,
  maintenanceState,
  setMaintenance,
  type MaintenanceState,
} from '../application/maintenance.ts';
import { startServices, stopServices } from '../application/services.ts';
import { archiveAhead, type FilesAhead } from '../backup/files/files-ahead.ts';
import { findBackup } from '../backup/find.ts';
import type { Backup } from '../backup/list.ts';
import { inStep, note, orLeftOver, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { readLastWrites, writtenSince } from '../database/last-writes.ts';
import { findOthers } from '../database/other-connections.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { applyMoves } from '../release/switch.ts';
import type { SwitchPlan } from '../release/types.ts';
import type { RunState } from './journal/state.ts';
import { doStep, type UpgradeRun } from './timed-steps.ts';

/** What a window does, to the one version or the other. Every part may be called again, where the first call was cut off. */
export interface WindowWork {
  /** The version that is arrived at. */
  readonly version: string;
  /** Why there is maintenance, for the flag file. */
  readonly reason: string;
  /** Takes the backup that a roll-back would go back to, and proves it. */
  backUp(): Promise<Backup>;
  planSwitch(): Promise<SwitchPlan>;
  readonly database: { readonly step: 'migrate' | 'restore'; change(backup: Backup): Promise<void> };
  checkHealth(): Promise<void>;
}

/** How far a window had come that was cut off. */
type Reached = Pick<RunState, 'maintenanceWas' | 'backup' | 'switchPlan'>;

/**
 * The window: from maintenance on to the last check. Whatever throws here is rolled back by the caller, from what the
 * journal says; ending the maintenance is the caller's too.
 *
 * Resumed, it does every step again: each finds out what is left of it. Only the backup is not taken again once files may
 * have been moved, and the moves are those that were planned.
 *
 * @param reached where an earlier try was cut off
 */
export async function passWindow(run: UpgradeRun, work: WindowWork, reached: Reached = {}): Promise<void> {
  const { context, journal } = run;
  const was = reached.maintenanceWas ?? (await noteMaintenance(run));
  const switchTo = (moves: SwitchPlan): Promise<void> =>
    inStep(context, 'switch-files', { version: work.version }, async () => {
      for (const path of await applyMoves(moves)) note(context, 'stray-kept', { path });
    });
  // First of all: cut off between two renames there is no application that could be put into maintenance.
  const { switchPlan } = reached;
  if (switchPlan !== undefined) await doStep(run, 'switch', () => switchTo(switchPlan));
  await doStep(run, 'maintenance-on', async () => {
    // Where it was off, an earlier try may have come half-way: the command is given again, whatever the state is.
    if (was === 'off') await setMaintenance(context, 'on', work.reason);
    else await keepClosed(context, work.reason);
  });
  const opened = await doStep(run, 'stop-services', async () => {
    const areManaged = await stopServices(context);
    if (areManaged || was !== 'unmanaged') await drainConnections(context);
    return readOpened(context);
  });
  stopIfInterrupted(context);
  const backup = await doStep(run, 'final-backup', () => backUp(run, work, reached));
  await warnOfWriters(context, opened);
  stopIfInterrupted(context);
  if (switchPlan === undefined)
    await doStep(run, 'switch', async () => {
      const moves = await work.planSwitch();
      await journal.add({ type: 'switch-planned', plan: moves });
      await switchTo(moves);
      await keepClosed(context, work.reason);
    });
  stopIfInterrupted(context);
  await doStep(run, work.database.step, () => work.database.change(backup));
  stopIfInterrupted(context);
  await doStep(run, 'clear-cache', () => clearCache(context));
  stopIfInterrupted(context);
  await doStep(run, 'start-services', () => startServices(context));
  stopIfInterrupted(context);
  await doStep(run, 'check-health', () => work.checkHealth());
  stopIfInterrupted(context);
}

async function noteMaintenance({ context, journal }: UpgradeRun): Promise<MaintenanceState> {
  const state = await maintenanceState(context);
  await journal.add({ type: 'maintenance-was', state });
  return state;
}

async function backUp({ context, journal }: UpgradeRun, work: WindowWork, reached: Reached): Promise<Backup> {
  if (reached.switchPlan !== undefined && reached.backup !== undefined)
    return findBackup(context, reached.backup);
  const backup = await work.backUp();
  await journal.add({ type: 'backup-taken', backup: backup.id });
  return backup;
}

/** When each table was written to last as the window opened, and the monotonic time of the reading. */
const readOpened = (context: Context) => {
  const target = targetFromConfig(context);
  return withSession(context, target, async (session) => {
    const atMs = context.clock.monotonicMs();
    return { writes: await readLastWrites(session, target.database), atMs };
  });
};

/** Whoever wrote during the backup may write until the end. */
async function warnOfWriters(
  context: Context,
  opened: Awaited<ReturnType<typeof readOpened>>,
): Promise<void> {
  const target = targetFromConfig(context);
  const tables = await withSession(context, target, (session) =>
    writtenSince(context, session, target.database, opened),
  );
  if (tables.length === 0) return;
  warn(context, 'still-written-in-window', { tables, others: await findOthers(context, target) });
}

/**
 * Archives the application's files before the window and hands them to a piece of work that takes a backup in it: files that
 * nobody changes meanwhile are not read in the window. What is left of them is removed afterwards.
 */
export async function withFilesAhead<T>(
  run: UpgradeRun,
  work: (ahead: FilesAhead) => Promise<T>,
): Promise<T> {
  const ahead = await doStep(run, 'archive-files', () => archiveAhead(run.context));
  try {
    stopIfInterrupted(run.context);
    return await work(ahead);
  } finally {
    await orLeftOver(run.context, ahead.folder, () => ahead.discard());
  }
}
