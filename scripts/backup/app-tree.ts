import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { maintenanceFile } from '../application/maintenance.ts';
import { backupsDir, stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import type { Places } from '../release/types.ts';
import { exists, realPathOf } from '../system/files.ts';
import { leaveOut, type LeftOut } from './leave-out.ts';

/** The tree that a backup's archive is of, and that a restore replaces. */
export interface AppTree {
  /** APP_DIR, absolute and without links. */
  readonly root: string;
  readonly left: LeftOut;
  /** The flag of maintenance, from the root; undefined where there is none. */
  readonly flag: string | undefined;
}

/**
 * Says what of the application goes into a backup: all of APP_DIR but the flag of maintenance, our own folders, and,
 * in the releases layout, the releases that are not the installed one.
 *
 * @throws MajError `app-dir-is-ours`, exit code 2
 */
export async function appTree(context: Context): Promise<AppTree> {
  const places = await placesOf(context);
  const root = places.layout === 'in-place' ? places.entry : dirname(places.entry);
  const file = maintenanceFile(context.config);
  const flag = file === undefined ? undefined : join(relative(root, places.entry), file);
  const ours = await Promise.all([stateDir(context), backupsDir(context)].map(realPathOf));
  const flagPath = file === undefined || places.live === undefined ? [] : [join(places.live, file)];
  const left = leaveOut(root, ours, [...flagPath, ...(await otherReleases(places))]);
  if (left === undefined) throw wrongUsage('app-dir-is-ours', { folder: root });
  return { root, left, flag };
}

async function otherReleases({ layout, releases, live, area }: Places): Promise<string[]> {
  if (layout === 'in-place' || releases === undefined || !(await exists(releases))) return [];
  const trees = (await readdir(releases)).map((name) => join(releases, name));
  return [area, ...trees.filter((tree) => tree !== live)];
}
