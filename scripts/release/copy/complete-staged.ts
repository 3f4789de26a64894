import { isUnder, keptPaths, persistentPaths } from '../../config/persistent.ts';
import { note, type Context } from '../../core/context.ts';
import { flush } from '../../system/flush.ts';
import { listTree, modesIn, pathsIn } from '../changes.ts';
import { noPlaceIn } from '../file-changes.ts';
import { installedList, readReleaseList, writeReleaseList, type ReleaseList } from '../installed.ts';
import { checkPlaces, placesOf } from '../places.ts';
import { takeSnapshot, type Snapshot } from '../snapshot.ts';
import type { StagedFacts } from '../types.ts';
import { carriedTargets } from './carried-links.ts';
import { adoptAttributes } from './carry-attributes.ts';
import { adoptOwners, copyInto } from './copy-tree.ts';
import { checkShared } from './not-shared.ts';
import { makeRoom, presentIn } from './persistent-files.ts';

/** Whether a path of the tree that is left belongs to no release, so that it goes along. */
export type GoesAlong = (path: string) => boolean;

/** A staged release that has everything but what the live tree will get until the switch. */
export interface CompletedRelease {
  readonly staged: StagedFacts;
  /** What the live tree held when it was copied from; undefined where nothing is installed. */
  readonly snapshot: Snapshot | undefined;
  readonly goesAlong: GoesAlong;
  /** What was copied. */
  readonly carried: readonly string[];
}

/**
 * Completes a staged release from the live tree, while that still runs: called before the window, as late as possible
 * and after the dependencies are installed. Files that belong to no release are copied into the new tree; owners and
 * modes of folders are taken over; all is flushed to disk. Nothing live is changed. May be repeated.
 *
 * In the window `prepareSwitch` then has only to see to what changed since.
 *
 * @throws MajError of `checkPlaces` and `checkShared`; `file-failed`
 */
export async function completeStaged(context: Context, staged: StagedFacts): Promise<CompletedRelease> {
  const places = await placesOf(context);
  await checkPlaces(context, places);
  const persistent = persistentPaths(context.config.APP_PERSIST);
  // Again, as late as possible: the application runs, and may have made one.
  await checkShared(places, persistent, staged.folder);
  const kept = keptPaths(context);
  const list = await completeList(context, staged, kept);
  const coming = pathsIn(list);
  const present = presentIn(places, persistent);
  const shipped = present.filter((path) => coming.has(path));
  if (shipped.length > 0) note(context, 'package-ships-persistent', { paths: shipped });
  for (const path of present) await makeRoom(staged.folder, path);
  if (places.live === undefined) {
    await flush(context, staged.folder);
    return { staged, snapshot: undefined, goesAlong: () => false, carried: [] };
  }
  const installed = await installedListOf(context, staged);
  const goesAlong = goesAlongBetween(installed, list);
  const snapshot = await takeSnapshot(places.live, (path) => isUnder(kept, path), staged.list);
  const carried = [...snapshot.entries]
    .filter(([path, { type }]) => path !== '' && type !== 'other' && goesAlong(path))
    .map(([path]) => path);
  const copied = await copyInto(places.live, staged.folder, carried, carriedTargets(places, places.live));
  await adoptOwners(context, staged.folder, places.live, copied, modesIn(installed));
  await adoptAttributes(context, staged.folder, places.live, new Set(carried));
  await flush(context, staged.folder);
  return { staged, snapshot, goesAlong, carried };
}

/** What of the installed release's tree would go along, by the lists of both releases: before the new one is recorded. */
export async function goesAlongOf(
  context: Context,
  staged: Pick<StagedFacts, 'previousVersion' | 'list'>,
): Promise<GoesAlong> {
  return goesAlongBetween(await installedListOf(context, staged), await readReleaseList(staged.list));
}

function goesAlongBetween(installed: ReleaseList | undefined, next: ReleaseList | undefined): GoesAlong {
  // Without any list, files of the old release would go on top of those of the new one.
  if (installed === undefined && next === undefined) return () => false;
  const entries = next?.entries ?? [];
  const [released, coming, hasNoPlace] = [pathsIn(installed), pathsIn({ entries }), noPlaceIn(entries)];
  return (path) => !released.has(path) && !coming.has(path) && !hasNoPlace(path);
}

async function installedListOf(
  context: Context,
  { previousVersion }: Pick<StagedFacts, 'previousVersion'>,
): Promise<ReleaseList | undefined> {
  return previousVersion === null ? undefined : installedList(context, previousVersion);
}

/** The dependencies command has run since the package was unpacked: what it made belongs to the release. */
async function completeList(
  context: Context,
  staged: StagedFacts,
  kept: readonly string[],
): Promise<ReleaseList | undefined> {
  const list = await readReleaseList(staged.list);
  if (list === undefined || list.complete) return list;
  const entries = await listTree(context, staged.folder, kept);
  const packaged = pathsIn(list);
  const made = entries.map(({ path }) => path).filter((path) => !packaged.has(path));
  const complete = { ...list, complete: true, made, entries };
  await writeReleaseList(staged.list, complete);
  return complete;
}
