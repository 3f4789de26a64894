import { basename, dirname, join, relative } from 'node:path';
import { checkOwnFolder } from '../config/own-folders.ts';
import { isUnder, persistentPaths } from '../config/persistent.ts';
import { applicationDir, backupsDir, stateDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { lstatIfThere, readlinkSync } from '../system/symlink-safe-fs.ts';
import {
  exists,
  fileFailed,
  mountPoints,
  onSameFileSystem,
  realPathOf,
  systemErrorCode,
} from '../system/files.ts';
import { checkMayRename } from './check-writable.ts';
import type { Places } from './types.ts';

/** The link that the web server is pointed at in the releases layout. */
const currentName = 'current';

/**
 * Where the application's trees are. Links in APP_DIR itself are followed: what they lead to is what is replaced.
 *
 * @throws MajError `settings-missing`, `current-not-link`
 */
export async function placesOf(context: Pick<Context, 'config' | 'projectDir'>): Promise<Places> {
  const appDir = await realPathOf(applicationDir(context));
  if (context.config.APP_LAYOUT === 'in-place') {
    return {
      layout: 'in-place',
      live: (await exists(appDir)) ? appDir : undefined,
      entry: appDir,
      area: join(dirname(appDir), `.${basename(appDir)}.maj`),
      persistent: appDir,
      releases: undefined,
    };
  }
  const entry = join(appDir, currentName);
  return {
    layout: 'releases',
    live: linkTarget(entry) === null ? undefined : await realPathOf(entry),
    entry,
    area: join(appDir, '.maj'),
    persistent: join(appDir, 'shared'),
    releases: join(appDir, 'releases'),
  };
}

/**
 * The tree of the application that runs: whoever works on an installed application begins with it.
 *
 * @throws MajError `not-installed`; of `placesOf`
 */
export async function requireInstalled(context: Pick<Context, 'config' | 'projectDir'>): Promise<string> {
  const { live, entry } = await placesOf(context);
  if (live === undefined) throw refused('not-installed', { path: entry });
  return live;
}

/**
 * What a link points to, as it is written; null when nothing is there.
 *
 * @throws MajError `current-not-link` when something else is there
 */
export function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    if (systemErrorCode(error) === 'EINVAL') throw refused('current-not-link', { path });
    throw fileFailed(path, 'read', error);
  }
}

/**
 * Checks that the application's tree can be replaced by renaming, and that nothing of ours lies in it: what replaces
 * and restores the tree must not be part of it.
 *
 * @param direction `back` for the return to an older tree, which moves more
 * @throws MajError `inside-application`, `persist-invalid` (exit 2); `folder-of-another`, `is-mount-point`, `mounted-within`, `may-not-rename`
 *   (exit 3)
 */
export async function checkPlaces(
  context: Context,
  places: Places,
  direction: 'forward' | 'back' = 'forward',
): Promise<void> {
  const tree = places.releases ?? places.entry;
  const ours = { project: context.projectDir, state: stateDir(context), backups: backupsDir(context) };
  for (const [what, path] of Object.entries(ours)) {
    if (isWithin(tree, await realPathOf(path)))
      throw wrongUsage('inside-application', { what, path, appDir: tree });
  }
  checkOwnFolder(context, 'area', places.area);
  const persistent = persistentPaths(context.config.APP_PERSIST);
  if (places.live !== undefined) await checkAllMounts(places, places.live, persistent);
  checkMayRename(places, persistent, direction);
}

async function checkAllMounts(places: Places, live: string, persistent: readonly string[]): Promise<void> {
  const mounted = await mountPoints();
  checkMounts(places, persistent, mounted);
  if (places.layout === 'releases') return;
  if (mounted.has(live) || !(await onSameFileSystem(live, dirname(live))))
    throw refused('is-mount-point', { path: live, persistent: false });
}

/**
 * Checks that nothing is mounted where it would stay behind: what is mounted within a persistent folder moves along with
 * that, a persistent path that is itself a mount point cannot be moved, and what is mounted anywhere else in the tree the
 * next one would not have.
 */
function checkMounts(
  { live, releases }: Places,
  persistent: readonly string[],
  mounted: ReadonlySet<string>,
): void {
  if (live === undefined) return;
  for (const point of mounted) {
    const path = relative(live, point);
    if (path === '' || !isWithin(live, point)) continue;
    if (!isUnder(persistent, path)) throw refused('mounted-within', { path: point, tree: live });
    if (persistent.includes(path) && releases === undefined)
      throw refused('is-mount-point', { path: point, persistent: true });
  }
  if (releases !== undefined) return;
  for (const path of persistent.map((name) => join(live, name))) {
    // Another file system that no table of mounts names: a subvolume, or a mount that is hidden from us.
    const [own, above] = [deviceOf(path), deviceOf(dirname(path))];
    if (own !== undefined && own !== above) throw refused('is-mount-point', { path, persistent: true });
  }
}

/** The file system that a path itself is on; undefined when nothing is there. */
function deviceOf(path: string): number | undefined {
  try {
    return lstatIfThere(path)?.dev;
  } catch (error) {
    throw fileFailed(path, 'looked at', error);
  }
}

/** Whether a path is the folder or lies in it. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}
