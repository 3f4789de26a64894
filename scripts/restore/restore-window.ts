import {
  keepClosed,
  maintenanceState,
  setMaintenance,
  type MaintenanceState,
} from '../application/maintenance.ts';
import { startServices, stopServices } from '../application/services.ts';
import { maintenanceMeans } from '../config/maintenance-means.ts';
import { inStep, note, stopIfInterrupted, type Context } from '../core/context.ts';
import { notRolledBack, reasonOf, refused, MajError } from '../core/errors.ts';
import { exitCodes } from '../core/exit-codes.ts';
import { waitUntilUnwritten } from '../database/last-writes.ts';
import { findOthers } from '../database/other-connections.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { placesOf } from '../release/places.ts';
import { readRestoreMark, restoreCommand, underRestoreMark, type BegunRestore } from './restore-mark.ts';

/** What the work of a restore tells its window. */
export interface RestoreWindow {
  /** To be called before the first change: what fails from then on leaves the application closed. */
  readonly begins: () => void;
  /** Closes the application again, once its files were replaced: the state of a maintenance command can be among them. */
  readonly closeAgain: () => Promise<void>;
}

/**
 * Does a restore in maintenance and with the services stopped, both of which are put back afterwards: also when the restore
 * that began it was killed, and this one is the second. A restore that fails leaves the application closed. One that fails
 * before it has changed anything (somebody still writes, a service cannot be stopped, the disk is full) leaves it as it was.
 *
 * @throws MajError what the work throws, with exit code 11 once it has begun to change something; `still-written`,
 *   `service-failed` (3); `restore-not-opened` (11) when all is restored, and the application could not be opened again
 */
export async function inRestoreWindow<T>(
  context: Context,
  begun: Omit<BegunRestore, 'maintenance'>,
  work: (window: RestoreWindow) => Promise<T>,
): Promise<T> {
  const left = await readRestoreMark(context);
  const maintenance = left?.maintenance ?? (await stateBefore(context));
  const reason = `restore of ${begun.backup}`;
  const managed = maintenance !== 'unmanaged';
  const close = async (): Promise<void> => {
    if (!managed) note(context, 'restore-without-maintenance', {});
    // Killed between two renames there is no application that could be put into maintenance, nor used.
    else if (await isInstalled(context))
      await (maintenance === 'off' ? setMaintenance(context, 'on', reason) : keepClosed(context, reason));
    await stopServices(context);
    await refuseWriters(context, begun);
  };
  const open = async (): Promise<void> => {
    await startServices(context);
    if (maintenance === 'off' && (await isInstalled(context))) await setMaintenance(context, 'off');
  };
  return underRestoreMark(context, { ...begun, maintenance }, async (asBefore) => {
    const progress = { hasBegun: false };
    const closeAgain = async (): Promise<void> => {
      if (managed && (await isInstalled(context))) await keepClosed(context, reason);
    };
    let result: T;
    try {
      await close();
      result = await work({ begins: () => void (progress.hasBegun = true), closeAgain });
    } catch (error) {
      if (progress.hasBegun) throw asHalfWay(error);
      // What an earlier restore left half-way stays closed.
      if (left === undefined) {
        await open().catch((failure: unknown) => {
          throw asHalfWay(failure);
        });
        asBefore();
      }
      throw error;
    }
    try {
      await open();
    } catch (error) {
      const again = restoreCommand(begun.backup, begun.scope);
      throw notRolledBack(
        'restore-not-opened',
        { backup: begun.backup, reason: reasonOf(error), again, managed },
        { cause: error },
      );
    }
    return result;
  });
}

/**
 * A restore of a database that is written to meanwhile ends with rows that are not the backup's: so it does not begin.
 *
 * @throws MajError `still-written`
 */
async function refuseWriters(
  context: Context,
  { database, scope }: Pick<BegunRestore, 'database' | 'scope'>,
): Promise<void> {
  if (database === undefined) return;
  const target = targetFromConfig(context);
  const only = typeof scope.database === 'string' ? undefined : scope.database;
  const tables = await inStep(context, 'drain-connections', { database }, () =>
    withSession(context, target, (session) =>
      waitUntilUnwritten(context, session, database, context.config.MAINTENANCE_DRAIN, only),
    ),
  );
  stopIfInterrupted(context);
  if (tables.length > 0)
    throw refused('still-written', { database, tables, others: await findOthers(context, target) });
}

/** An application that is not there is open once its files are. */
async function stateBefore(context: Context): Promise<MaintenanceState> {
  if (context.config.APP_DIR === undefined) return 'unmanaged';
  if (await isInstalled(context)) return maintenanceState(context);
  return maintenanceMeans(context.config).kind === 'none' ? 'unmanaged' : 'off';
}

async function isInstalled(context: Context): Promise<boolean> {
  return context.config.APP_DIR !== undefined && (await placesOf(context)).live !== undefined;
}

/** What fails so does not leave everything as it was, whatever it is. */
const asHalfWay = (error: unknown): unknown =>
  error instanceof MajError ? error.withExitCode(exitCodes.notRolledBack) : error;
