import {
  keepClosed,
  maintenanceMeans,
  maintenanceState,
  setMaintenance,
  type MaintenanceState,
} from '../application/maintenance.ts';
import { note, type Context } from '../context.ts';
import { MajError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { placesOf } from '../release/places.ts';
import { readRestoreMark, underRestoreMark, type BegunRestore } from './restore-mark.ts';

/**
 * Does a restore in maintenance, which is put back afterwards to what it was: also when the restore that began it was
 * killed, and this one is the second. A restore that fails leaves the maintenance on.
 *
 * @param work is given what closes the application again: to be called once its files were replaced, for the state of a
 *   maintenance command can be among them
 */
export async function inRestoreWindow<T>(
  context: Context,
  begun: Omit<BegunRestore, 'maintenance'>,
  work: (closeAgain: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const maintenance = (await readRestoreMark(context))?.maintenance ?? (await stateBefore(context));
  const reason = `restore of ${begun.backup}`;
  const managed = maintenance !== 'unmanaged';
  return underRestoreMark(context, { ...begun, maintenance }, async () => {
    if (!managed) note(context, 'restore-without-maintenance', {});
    // Killed between two renames there is no application that could be put into maintenance, nor used.
    else if (await isInstalled(context))
      await (maintenance === 'off' ? setMaintenance(context, 'on', reason) : keepClosed(context, reason));
    const result = await work(async () => {
      if (managed && (await isInstalled(context))) await halfWay(() => keepClosed(context, reason));
    });
    if (maintenance === 'off' && (await isInstalled(context)))
      await halfWay(() => setMaintenance(context, 'off'));
    return result;
  });
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

/** What fails from here on does not leave everything as it was, whatever it is. */
async function halfWay(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof MajError ? error.withExitCode(exitCodes.notRolledBack) : error;
  }
}
