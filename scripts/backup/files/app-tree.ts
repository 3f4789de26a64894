import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { maintenanceFile } from '../../config/maintenance-means.ts';
import { isUnder, persistentPaths } from '../../config/persistent.ts';
import { backupsDir, stateDir } from '../../config/required-settings.ts';
import type { Context } from '../../core/context.ts';
import { wrongUsage } from '../../core/errors.ts';
import { placesOf } from '../../release/places.ts';
import { entryAt } from '../../release/tree.ts';
import type { Places } from '../../release/types.ts';
import { namesIn, realPathOf } from '../../system/files.ts';

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

/** What of a tree does not go into its archive. */
interface LeftOut {
  /** Paths from the root of the tree. */
  readonly paths: ReadonlySet<string>;
  /** Those of them that are ours: backups and records that lie within the application. */
  readonly ours: readonly string[];
}

/**
 * Decides what is left out of the archive of a tree. Undefined when the whole tree lies within one of our folders.
 *
 * @param ours absolute paths of our own folders
 * @param others absolute paths of what else is not part of the application: the flag of maintenance, old releases
 */
export function leaveOut(
  root: string,
  ours: readonly string[],
  others: readonly string[],
): LeftOut | undefined {
  const own = ours.map((path) => fromRoot(root, path));
  if (own.includes('')) return undefined;
  const within = own.filter((path) => path !== undefined);
  const rest = others.map((path) => fromRoot(root, path)).filter((path) => path !== undefined && path !== '');
  return { paths: new Set([...within, ...rest] as string[]), ours: within };
}

/** The path of something from a root; undefined when it is not within. */
function fromRoot(root: string, path: string): string | undefined {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}
