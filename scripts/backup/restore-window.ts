import { maintenanceState, setMaintenance, type MaintenanceState } from '../application/maintenance.ts';
import { note, type Context } from '../context.ts';
import { placesOf } from '../release/places.ts';
import { readRestoreMark, underRestoreMark } from './restore-mark.ts';

/**
 * Does a restore in maintenance, which is put back afterwards to what it was: also when the restore that began it was
 * killed, and this one is the second. A restore that fails leaves the maintenance on.
 */
export async function inRestoreWindow<T>(
  context: Context,
  backup: string,
  work: () => Promise<T>,
): Promise<T> {
  const was = (await readRestoreMark(context))?.maintenance ?? (await currentState(context));
  return underRestoreMark(context, backup, was, async () => {
    if (was === 'off') await setMaintenance(context, 'on', `restore of ${backup}`);
    else if (was === 'unmanaged') note(context, 'restore-without-maintenance', {});
    const result = await work();
    if (was === 'off') await setMaintenance(context, 'off');
    return result;
  });
}

/** An application that is not there needs none. */
async function currentState(context: Context): Promise<MaintenanceState> {
  if (context.config.APP_DIR === undefined) return 'unmanaged';
  const { live } = await placesOf(context);
  return live === undefined ? 'unmanaged' : maintenanceState(context);
}
