import { posix } from 'node:path';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { maintenanceFile } from './maintenance-means.ts';

/**
 * The paths that stay across upgrades, from APP_PERSIST: cleaned, and without those that lie in another of them.
 *
 * @throws MajError `persist-invalid` for a path that is absolute, leaves the application, or is all of it
 */
export function persistentPaths(list: readonly string[]): readonly string[] {
  const paths = list.map((given) => {
    const path = posix.normalize(given).replace(/\/+$/, '');
    if (posix.isAbsolute(path) || path === '.' || path === '..' || path.startsWith('../'))
      throw wrongUsage('persist-invalid', { path: given });
    return path;
  });
  return [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`))).sort();
}

/** Whether a path of the tree is one of these or lies in one. */
export function isUnder(paths: readonly string[], path: string): boolean {
  return paths.some((other) => path === other || path.startsWith(`${other}/`));
}

/** What belongs to no release of its own: persistent paths, and the flag of the maintenance. */
export function keptPaths(context: Pick<Context, 'config'>): readonly string[] {
  const persistent = persistentPaths(context.config.APP_PERSIST);
  const flag = maintenanceFile(context.config);
  return flag === undefined ? persistent : [...persistent, flag];
}
