import { lstat, mkdir, rename, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { maintenanceFile } from '../application/maintenance.ts';
import { note, type Context } from '../context.ts';
import { fileFailed, remove } from '../system/files.ts';
import { flush } from '../system/flush.ts';
import { adoptOwners, copyInto } from './carry.ts';
import { compareLive, listTree, localChanges } from './changes.ts';
import { installedList, readReleaseList, writeReleaseList } from './installed.ts';
import { isUnder, persistentPaths } from './persistent.ts';
import { checkPersistent, checkPlaces, linkTarget, placesOf } from './places.ts';
import { planSwitch } from './plan-switch.ts';
import { entryAt } from './tree.ts';
import type { LocalChanges, Places, StagedFacts, SwitchPlan } from './types.ts';

/**
 * Completes a staged release from the live tree, and plans the switch: called in the window, when the application
 * writes no more. Files that belong to no release are copied into the new tree, the maintenance flag too while it is
 * set; owners and modes of folders are taken over; all is flushed to disk. Nothing live is changed. May be repeated.
 *
 * @throws MajError `is-mount-point`, `persist-invalid`, `file-failed`
 */
export async function prepareSwitch(context: Context, staged: StagedFacts): Promise<SwitchPlan> {
  const places = await placesOf(context);
  await checkPlaces(context, places);
  const persistent = persistentPaths(context.config.APP_PERSIST);
  await completeList(context, staged, persistent);
  const present = await takePersistent(context, places, staged, persistent);
  if (places.live !== undefined) {
    await carryOver(context, places.live, staged, persistent);
    await adoptOwners(context, staged.folder, places.live);
  }
  await flush(context, staged.folder);
  return planSwitch({
    places,
    runId: staged.runId,
    staged: staged.folder,
    version: staged.version,
    previousVersion: staged.previousVersion,
    persistent: present,
    timestamp: context.clock
      .now()
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, ''),
    oldInode:
      places.live === undefined || places.releases !== undefined ? null : (await lstat(places.live)).ino,
    current: places.releases === undefined ? null : await linkTarget(places.entry),
  });
}

/** What belongs to no release of its own: persistent paths, and the flag of the maintenance. */
function notReleased(context: Context, persistent: readonly string[]): readonly string[] {
  const flag = maintenanceFile(context.config);
  return flag === undefined ? persistent : [...persistent, flag];
}

/** What the upgrade does with the files of the live tree that its release does not have so. */
export async function changesAgainst(
  context: Context,
  live: string,
  installedVersion: string | null,
  coming: ReadonlySet<string>,
  persistent: readonly string[],
): Promise<LocalChanges> {
  const list = installedVersion === null ? undefined : await installedList(context, installedVersion);
  const compared = await compareLive(context, live, list, notReleased(context, persistent));
  return localChanges(compared, list !== undefined, (path) => coming.has(path));
}

/** The dependencies command has run since the package was unpacked: what it made belongs to the release. */
async function completeList(
  context: Context,
  staged: StagedFacts,
  persistent: readonly string[],
): Promise<void> {
  const list = await readReleaseList(staged.list);
  if (list === undefined || list.complete) return;
  const entries = await listTree(context, staged.folder, notReleased(context, persistent));
  await writeReleaseList(staged.list, { ...list, complete: true, entries });
}

async function carryOver(
  context: Context,
  live: string,
  staged: StagedFacts,
  persistent: readonly string[],
): Promise<void> {
  const list = await readReleaseList(staged.list);
  const coming = new Set((list?.entries ?? []).map((entry) => entry.path));
  const changes = await changesAgainst(context, live, staged.previousVersion, coming, persistent);
  await copyInto(live, staged.folder, changes.carried);
  const flag = maintenanceFile(context.config);
  if (flag === undefined || isUnder(persistent, flag)) return;
  // The state of the maintenance goes along: on, and the new tree must not answer; off, and an earlier try's flag goes.
  if ((await entryAt(live, flag)) === undefined) await remove(join(staged.folder, flag));
  else await copyInto(live, staged.folder, [flag]);
}

/** Makes room for the persistent paths in the staged tree; those that are there to be moved. */
async function takePersistent(
  context: Context,
  places: Places,
  staged: StagedFacts,
  persistent: readonly string[],
): Promise<readonly string[]> {
  const shipped: string[] = [];
  const present: string[] = [];
  for (const path of persistent) {
    const ours = (await entryAt(places.persistent, path)) !== undefined;
    const packaged =
      (await readReleaseList(staged.list))?.entries.some((entry) => entry.path === path) ?? false;
    if (ours && packaged) shipped.push(path);
    if (places.releases !== undefined) await linkShared(places, staged, path, ours);
    else if (ours) {
      present.push(path);
      await makeRoom(join(staged.folder, path));
    }
  }
  if (shipped.length > 0) note(context, 'package-ships-persistent', { paths: shipped });
  if (places.live !== undefined && places.releases === undefined) await checkPersistent(places.live, present);
  return present;
}

async function makeRoom(path: string): Promise<void> {
  await remove(path);
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw fileFailed(dirname(path), 'made', error);
  }
}

/** In the releases layout persistent paths lie in APP_DIR/shared; each release links to them. */
async function linkShared(places: Places, staged: StagedFacts, path: string, ours: boolean): Promise<void> {
  const shared = join(places.persistent, path);
  const inStaged = join(staged.folder, path);
  const entry = await entryAt(staged.folder, path);
  if (!ours && (entry === undefined || entry.type === 'link')) return;
  try {
    await mkdir(dirname(shared), { recursive: true });
    // What the first release ships becomes the shared one.
    if (!ours) await rename(inStaged, shared);
    await makeRoom(inStaged);
    const place = join(places.releases ?? '', staged.version, path);
    await symlink(relative(dirname(place), shared), inStaged);
  } catch (error) {
    throw fileFailed(inStaged, `linked to ${shared}`, error);
  }
}
