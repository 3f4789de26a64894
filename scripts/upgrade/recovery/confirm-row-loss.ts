import { drainConnections } from '../../application/drain.ts';
import { maintenanceState, setMaintenance } from '../../application/maintenance.ts';
import { serviceSettings, stopServices } from '../../application/services.ts';
import { findBackup } from '../../backup/find.ts';
import type { Backup } from '../../backup/list.ts';
import { takeBackup } from '../../backup/take.ts';
import { note, stopIfInterrupted, warn, type Context } from '../../core/context.ts';
import { reasonOf } from '../../core/errors.ts';
import { targetFromConfig } from '../../database/session/target.ts';
import { endOrphans } from '../../migrations/in-doubt/orphan.ts';
import { placesOf } from '../../release/places.ts';
import { placeOf } from '../../system/process/identity.ts';
import { countLostRows, type LostRows } from '../go-back/lost-rows.ts';
import { hasFinished, type RunState } from '../journal/state.ts';
import { withJournal } from './roll-back-on-failure.ts';

/** What working on an unfinished run may lose, where users could write meanwhile. */
export interface LosingPlan {
  /** `resume`: it is lost where going on fails, and where a run that goes back is gone on with. */
  readonly doing: 'roll-back' | 'resume';
  readonly kind: RunState['kind'];
  readonly to: string;
  /** The backup that the database would be brought back to. */
  readonly backup: string;
  /** What differs from it, table by table; null where it could not be counted. */
  readonly lost: readonly LostRows[] | null;
  /** The backup that was taken of what there is now; null where none could be. */
  readonly kept: string | null;
}

/** Asks for an agreement, and throws where there is none. */
export type Ask = (plan: LosingPlan) => Promise<void>;

/**
 * Where a run lies unfinished with its migrations begun, and the application is not in maintenance, or was not for a while
 * (it was never managed, a restart or somebody ended it), users may have written what a restore loses. Then this takes a
 * backup, says how many rows differ, asks, closes the application where maj can, and takes a last backup. So it is where
 * services of the application ran again, by us or by a restart of the machine: they do not look at the maintenance.
 *
 * @param ask throws when the user does not agree: nothing was changed then, but for a statement of the dead run that was ended
 * @throws MajError for a resume, `maintenance-failed` when it is not to be learned whether users are in
 */
export async function confirmRowLoss(
  context: Context,
  state: RunState,
  doing: LosingPlan['doing'],
  ask: Ask,
): Promise<void> {
  const { kind, to, migrationStarted, broughtBack } = state;
  // What a way back has restored already is as that backup was.
  const isRestored = doing === 'resume' && kind === 'go-back' && hasFinished(state, 'restore');
  const id = isRestored ? state.package : state.backup;
  if (id === undefined || !migrationStarted || broughtBack) return;
  const maintenance = await maintenanceState(context).catch((error: unknown) => {
    // A command that cannot tell must not stand in the way back; going on needs it anyway.
    if (doing === 'resume') throw error;
    return 'unknown' as const;
  });
  if (maintenance === 'on' && !state.usersWereIn && !servicesRan(context, state)) return;
  // Between two renames there is no application that anybody could write through.
  if ((await placesOf(context)).live === undefined) return;
  if (doing === 'roll-back') await endOrphans(context, targetFromConfig(context));
  const present = await orNull(context, id, () => takeBackup(context));
  const lost = present === null ? null : await counted(context, id, present);
  if (lost?.length === 0 && maintenance === 'on') return;
  if (lost?.length !== 0) await ask({ doing, kind, to, backup: id, lost, kept: present?.id ?? null });
  if (present !== null) note(context, 'rows-kept', { backup: present.id });
  if (maintenance !== 'off') return;
  // A resume closes it by itself, or fails before it has changed anything.
  await orNull(context, id, async () => {
    await keepUsersOut(context, state);
    if (present !== null) note(context, 'rows-kept', { backup: (await takeBackup(context)).id });
  });
}

function servicesRan({ config }: Context, { servicesStarted, holder }: RunState): boolean {
  if (serviceSettings(config).length === 0) return false;
  return servicesStarted || placeOf(holder) === 'other-boot';
}

async function keepUsersOut(context: Context, state: RunState): Promise<void> {
  // First: killed in here, the next call finds maintenance on, and has to ask all the same.
  await noteUsersWereIn(context, state);
  await setMaintenance(context, 'on', `unfinished run to ${state.to}`);
  await stopServices(context);
  await drainConnections(context);
}

/** Keeps in the journal of an unfinished run that users could write after it was cut off. */
export async function noteUsersWereIn(context: Context, { run }: Pick<RunState, 'run'>): Promise<void> {
  await withJournal(context, run, (journal) => journal.add({ type: 'users-were-in' }));
}

async function counted(context: Context, id: string, present: Backup): Promise<readonly LostRows[] | null> {
  const found = await orNull(context, id, async () => {
    const older = await findBackup(context, id);
    const { lost } = await countLostRows(context, older, present);
    if (lost.length > 0) warn(context, 'rows-lost', { backup: id, takenAt: older.manifest.createdAt, lost });
    return { lost };
  });
  return found?.lost ?? null;
}

/** A way back must stay possible where there is no room for a copy: then it is asked for with what is known. */
async function orNull<T>(context: Context, backup: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    stopIfInterrupted(context);
    warn(context, 'rows-not-known', { backup, reason: reasonOf(error) });
    return null;
  }
}
