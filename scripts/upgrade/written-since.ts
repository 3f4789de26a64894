import { maintenanceState, setMaintenance } from '../application/maintenance.ts';
import { findBackup, type Backup } from '../backup/list.ts';
import { takeBackup } from '../backup/take.ts';
import { stopIfInterrupted, warn, type Context } from '../context.ts';
import { reasonOf } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import { countLostRows, type LostRows } from './lost-rows.ts';
import type { RunState } from './state.ts';

/** What taking an unfinished run back would lose, where users could write meanwhile. */
export interface TakeBackPlan {
  /** `resume`: it is lost only where going on fails. */
  readonly doing: 'take-back' | 'resume';
  readonly from: string | null;
  readonly to: string;
  /** The backup that was taken in the window. */
  readonly backup: string;
  /** What differs from it, table by table; null where it could not be counted. */
  readonly lost: readonly LostRows[] | null;
}

/** Asks for an agreement, and throws where there is none. */
export type Ask = (plan: TakeBackPlan) => Promise<void>;

/**
 * Where a run lies unfinished with its migrations begun, and the application is not in maintenance (it was never managed, a
 * restart or somebody ended it), users may have written what a way back to the backup of the window loses. Then this says
 * how many rows differ, asks, closes the application where maj can, and takes a backup of what there is. Going on needs
 * the same: where it fails, the run is taken back.
 *
 * @param ask throws when the user does not agree: nothing was changed then
 */
export async function askForRowsSince(
  context: Context,
  state: RunState,
  doing: TakeBackPlan['doing'],
  ask: Ask,
): Promise<void> {
  const { from, to, backup: id, migrationStarted, broughtBack } = state;
  if (id === undefined || !migrationStarted || broughtBack) return;
  // A command that cannot tell must not stand in the way back.
  const maintenance = await maintenanceState(context).catch(() => 'unmanaged' as const);
  // Between two renames there is no application that anybody could write through.
  if (maintenance === 'on' || (await placesOf(context)).live === undefined) return;
  // Where it never was closed, users wrote all the time, and were warned of it: going on is what was wanted.
  if (doing === 'resume' && maintenance === 'unmanaged') return;
  const lost = await countedOrNull(context, await findBackup(context, id));
  if (lost?.length === 0) return;
  await ask({ doing, from, to, backup: id, lost });
  if (maintenance === 'off') await setMaintenance(context, 'on', `unfinished upgrade to ${to}`);
  if (lost !== null) await takeBackup(context);
}

/** A way back must stay possible on a disk that has no room for a copy: then it is asked for without numbers. */
async function countedOrNull(context: Context, older: Backup): Promise<readonly LostRows[] | null> {
  const facts = { backup: older.id, takenAt: older.manifest.createdAt };
  try {
    const { lost } = await countLostRows(context, older, await takeBackup(context));
    if (lost.length > 0) warn(context, 'rows-lost', { ...facts, lost });
    return lost;
  } catch (error) {
    stopIfInterrupted(context);
    warn(context, 'rows-not-counted', { ...facts, reason: reasonOf(error) });
    return null;
  }
}
