import { checkHealth } from '../application/health.ts';
import { clearCacheOnWayBack } from '../application/hooks.ts';
import { setMaintenance } from '../application/maintenance.ts';
import { findBackup } from '../backup/list.ts';
import { checkRestorable } from '../backup/restorable.ts';
import { applyRestore, isDone, learnRestore } from '../backup/restore-database.ts';
import { verifyBackup } from '../backup/verify.ts';
import { inStep, note, type Context } from '../context.ts';
import { targetFromConfig } from '../database/target.ts';
import { notRolledBack, reasonOf } from '../errors.ts';
import { discardStaged } from '../release/stage.ts';
import { undoMoves } from '../release/switch.ts';
import { ownIdentity } from '../system/identity.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { enteredWindow, mayHaveChanged, type RunState } from './state.ts';

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
  // A disk too full for the journal does not stop the way back: what has to be undone is in it already.
  const tell = (entry: JournalEntry): Promise<void> => journal.add(entry).catch(() => undefined);
  await tell({ type: 'roll-back-started', reason, holder: ownIdentity() });
  try {
    if (mayHaveChanged(state) && !state.broughtBack) {
      note(steady, 'rolling-back', { reason });
      await inStep(steady, 'roll-back', {}, () => bringBack(steady, state));
    }
    // On disk before users are let in: from then on a restore would lose what they write.
    await journal.add({ type: 'brought-back' });
    await endMaintenance(steady, state);
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
  if (state.staged !== undefined) await tidy(steady, state.staged);
}

async function bringBack(context: Context, state: RunState): Promise<void> {
  if (state.switchPlan !== undefined) {
    for (const path of await undoMoves(state.switchPlan)) note(context, 'stray-kept', { path });
  }
  // Before the first migration nothing of ours has touched the database: what differs in it is somebody else's.
  if (state.backup !== undefined && state.migrationStarted) await bringDatabaseBack(context, state.backup);
  await clearCacheOnWayBack(context);
  await checkHealth(context, state.from === null ? {} : { version: state.from });
}

/** A database that is as it was is left alone, and what was restored is compared by the restore. */
async function bringDatabaseBack(context: Context, id: string): Promise<void> {
  const target = targetFromConfig(context);
  const backup = await findBackup(context, id);
  const work = await inStep(context, 'prove-equal', {}, () => learnRestore(context, backup, target));
  if (isDone(work)) {
    note(context, 'database-unchanged', {});
    return;
  }
  // The restore begins by dropping what differs: not for a backup that cannot be read any more.
  await checkRestorable(context, backup, target, 'keep');
  await verifyBackup(context, backup, { trustProof: true });
  await applyRestore(context, backup, target, work);
}

/** Puts maintenance back to what it was, never simply off. */
async function endMaintenance(context: Context, state: RunState): Promise<void> {
  if (enteredWindow(state) && state.maintenanceWas === 'off') await setMaintenance(context, 'off');
}

async function tidy(context: Context, staged: string): Promise<void> {
  try {
    await discardStaged({ folder: staged });
  } catch (error) {
    note(context, 'left-over', { path: staged, reason: reasonOf(error) });
  }
}
