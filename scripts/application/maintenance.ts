import { dirname, join } from 'node:path';
import { maintenanceMeans } from '../config/maintenance-means.ts';
import { isUnder, persistentPaths } from '../config/persistent.ts';
import type { Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { placesOf } from '../release/places.ts';
import { entryAt } from '../release/tree.ts';
import type { Places } from '../release/types.ts';
import { makeFolders, unlinkSync } from '../system/symlink-safe-fs.ts';
import {
  exists,
  fileFailed,
  statIfThere,
  syncFolder,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import { orWithAccounts } from './accounts.ts';
import { outputTail, runCommand } from './commands.ts';

/** Whether users are kept out; `unmanaged` when the settings do not tell how to do that. */
export type MaintenanceState = 'on' | 'off' | 'unmanaged';

/** Whether the application is in maintenance now. */
export async function maintenanceState(context: Context): Promise<MaintenanceState> {
  const means = maintenanceMeans(context.config);
  if (means.kind === 'none') return 'unmanaged';
  const places = await placesOf(context);
  const { live } = places;
  if (means.kind === 'file') {
    if (live === undefined) return 'off';
    return (await exists(join(flagTree(context, places, live, means.path), means.path))) ? 'on' : 'off';
  }
  const exit = await runCommand(context, means.status, live === undefined ? {} : { cwd: live });
  // The shell's own: the command was not found, may not be run, or was killed. That is no answer.
  if (exit.ended !== undefined || exit.code === null || exit.code === 126 || exit.code === 127)
    throw refused('maintenance-failed', { command: means.status, output: outputTail(exit) });
  return exit.code === 0 ? 'on' : 'off';
}

/**
 * Switches maintenance on or off, and looks whether it is; fine when it is so already.
 *
 * @param reason what the flag file says of it
 * @throws MajError `maintenance-unmanaged` (exit 2), `maintenance-failed`, `not-installed`
 */
export async function setMaintenance(
  context: Context,
  wanted: 'on' | 'off',
  reason = 'maj maintenance',
): Promise<void> {
  const means = maintenanceMeans(context.config);
  if (means.kind === 'none') throw wrongUsage('maintenance-unmanaged', {});
  const places = await placesOf(context);
  const { live, entry } = places;
  if (live === undefined) throw refused('not-installed', { path: entry });
  if (means.kind === 'file') {
    const tree = flagTree(context, places, live, means.path);
    if (wanted === 'on') return raiseFlag(context, tree, means.path, reason);
    return takeDownFlag(join(tree, means.path));
  }
  const command = means[wanted];
  const change = async (): Promise<void> => {
    const exit = await runCommand(context, command, { cwd: live });
    if (exit.code !== 0 || exit.ended !== undefined)
      throw refused('maintenance-failed', { command, output: outputTail(exit) });
    if ((await maintenanceState(context)) !== wanted)
      throw refused('maintenance-not-so', { command, status: means.status, wanted });
  };
  await (wanted === 'on' ? orWithAccounts(context, change) : change());
}

/**
 * Puts maintenance on again where it is managed and not on any more: a restart ends what a command began, and the state of
 * it can be in files that were replaced.
 *
 * @throws MajError `maintenance-failed`, `not-installed`
 */
export async function keepClosed(context: Context, reason: string): Promise<void> {
  if ((await maintenanceState(context)) === 'off') await setMaintenance(context, 'on', reason);
}

/** The tree that the flag lies in: among releases one beneath a persistent path is in APP_DIR/shared, as that is. */
const flagTree = ({ config }: Pick<Context, 'config'>, places: Places, live: string, file: string): string =>
  places.releases !== undefined && isUnder(persistentPaths(config.APP_PERSIST), file)
    ? places.persistent
    : live;

/**
 * Refuses a flag behind a link that is not followed: root would write wherever the application made it lead.
 *
 * @param flag its path in the tree
 * @throws MajError `flag-behind-link`, exit code 3
 */
export async function checkFlagPlace(tree: string, flag: string): Promise<void> {
  const names = flag.split('/').slice(0, -1);
  for (const depth of names.keys()) {
    const link = names.slice(0, depth + 1).join('/');
    const entry = entryAt(tree, link);
    const path = join(tree, link);
    if (entry?.type === 'link' && (await statIfThere(path))?.isDirectory() !== true)
      throw refused('flag-behind-link', { flag, link: path, target: entry.target ?? '' });
  }
}

async function raiseFlag(context: Context, tree: string, path: string, reason: string): Promise<void> {
  const flag = join(tree, path);
  if (await exists(flag)) return;
  await checkFlagPlace(tree, path);
  try {
    makeFolders(dirname(flag));
  } catch (error) {
    throw fileFailed(dirname(flag), 'made', error);
  }
  // The web server has to read it.
  await writeDurably(flag, `${context.clock.now().toISOString()} ${reason}\n`, 0o644);
}

async function takeDownFlag(flag: string): Promise<void> {
  try {
    unlinkSync(flag);
    await syncFolder(dirname(flag));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileFailed(flag, 'removed', error);
  }
}
