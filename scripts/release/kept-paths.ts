import { maintenanceFile } from '../application/maintenance.ts';
import type { Context } from '../context.ts';
import { persistentPaths } from './persistent.ts';

/** What belongs to no release of its own: persistent paths, and the flag of the maintenance. */
export function keptPaths(context: Pick<Context, 'config'>): readonly string[] {
  const persistent = persistentPaths(context.config.APP_PERSIST);
  const flag = maintenanceFile(context.config);
  return flag === undefined ? persistent : [...persistent, flag];
}
