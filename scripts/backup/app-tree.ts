import { dirname, join, relative, resolve } from 'node:path';
import { maintenanceFile } from '../application/maintenance.ts';
import { backupsDir, stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { isUnder, persistentPaths } from '../release/persistent.ts';
import { placesOf } from '../release/places.ts';
import { entryAt } from '../release/tree.ts';
import type { Places } from '../release/types.ts';
import { namesIn, realPathOf } from '../system/files.ts';
import { leaveOut, type LeftOut } from './leave-out.ts';

/** The tree that a backup's archive is of, and that a restore replaces. */
export interface AppTree {
  /** APP_DIR, absolute and without links. */
  readonly root: string;
  readonly left: LeftOut;
  /** Where the flag of maintenance is in this tree or another one like it, from its root; undefined where there is none. */
  readonly flagIn: (tree: string) => string | undefined;
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
  const ours = await Promise.all([stateDir(context), backupsDir(context)].map(realPathOf));
  const flagIn: AppTree['flagIn'] = (tree) => {
    if (file === undefined || places.layout === 'in-place') return file;
    if (isUnder(persistentPaths(context.config.APP_PERSIST), file))
      return join(relative(root, places.persistent), file);
    const current = entryAt(tree, relative(root, places.entry))?.target;
    const release = current === undefined ? '..' : relative(root, resolve(root, current));
    return release.startsWith('..') ? undefined : join(release, file);
  };
  const flag = flagIn(root);
  const left = leaveOut(root, ours, [
    ...(flag === undefined ? [] : [join(root, flag)]),
    ...(await otherReleases(places)),
  ]);
  if (left === undefined) throw wrongUsage('app-dir-is-ours', { folder: root });
  return { root, left, flagIn };
}

async function otherReleases({ layout, releases, live, area }: Places): Promise<string[]> {
  if (layout === 'in-place' || releases === undefined) return [];
  const trees = (await namesIn(releases)).map((name) => join(releases, name));
  return [area, ...trees.filter((tree) => tree !== live)];
}
