import { join } from 'node:path';
import { maintenanceFile } from '../config/maintenance-means.ts';
import { isUnder, keptPaths, persistentPaths } from '../config/persistent.ts';
import { note, type Context } from '../core/context.ts';
import { lstatSync } from '../system/symlink-safe-fs.ts';
import { remove } from '../system/files.ts';
import { flushPaths } from '../system/flush.ts';
import { carriedTargets } from './copy/carried-links.ts';
import { adoptAttributesOf } from './copy/carry-attributes.ts';
import { completeStaged, type CompletedRelease } from './copy/complete-staged.ts';
import { adoptOwnersOf, copyInto } from './copy/copy-tree.ts';
import { linkShared, makeRoom, presentIn } from './copy/persistent-files.ts';
import { checkPlaces, linkTarget, placesOf } from './places.ts';
import { planSwitch, type SwitchFacts } from './plan-switch.ts';
import { changedSince, clockOf } from './snapshot.ts';
import { entryAt } from './tree.ts';
import type { Places, StagedFacts, SwitchPlan } from './types.ts';

/**
 * Brings a completed release up to what the live tree has become since, and plans the switch: called in the window, when
 * the application writes no more. Only what changed is copied; the maintenance flag goes along while it is set. Nothing
 * live is changed, but that in the releases layout what a first release brings of persistent paths becomes the shared
 * one. May be repeated.
 *
 * @param completed what `completeStaged` has prepared; without it, that is done here, and takes its time
 * @throws MajError of `checkPlaces`; `file-failed`
 */
export async function prepareSwitch(
  context: Context,
  staged: StagedFacts,
  completed?: CompletedRelease,
): Promise<SwitchPlan> {
  const prepared = completed ?? (await completeStaged(context, staged));
  const places = await placesOf(context);
  await checkPlaces(context, places);
  const persistent = persistentPaths(context.config.APP_PERSIST);
  const present = presentIn(places, persistent);
  const sinceMs = places.live === undefined ? null : (staged.lookedAtMs ?? clockOf(staged.list));
  const caughtUpMs = places.live === undefined ? undefined : clockOf(staged.list);
  if (places.live !== undefined) {
    await flushPaths(context, staged.folder, [
      ...(await catchUp(context, prepared, places, places.live)),
      ...(await carryFlag(context, staged, places.live, persistent)),
    ]);
  }
  if (places.releases !== undefined) for (const path of persistent) await linkShared(places, staged, path);
  else for (const path of present) await makeRoom(staged.folder, path);
  return switchOf(context, staged, places, { sinceMs, caughtUpMs });
}

const never = { sinceMs: null, caughtUpMs: undefined };

/** The moves that would switch a staged release in, as things are now; nothing is changed. */
export function switchOf(
  context: Context,
  staged: StagedFacts,
  places: Places,
  times: { readonly sinceMs: number | null; readonly caughtUpMs: number | undefined } = never,
): SwitchPlan {
  return planSwitch({ ...switchFactsOf(context, staged, places), version: staged.releaseName, ...times });
}

/** What a switch is planned from, as things are now, but for the name of the new tree and for times. */
export function switchFactsOf(
  context: Context,
  { runId, folder, previousVersion }: StagedFacts,
  places: Places,
): Omit<SwitchFacts, 'version' | 'sinceMs' | 'caughtUpMs'> {
  const { live, releases, entry } = places;
  const persistent = releases === undefined ? persistentPaths(context.config.APP_PERSIST) : [];
  const now = context.clock.now().toISOString();
  return {
    ...{ places, runId, staged: folder, previousVersion, persistent: presentIn(places, persistent) },
    timestamp: now.replaceAll(/[-:]|\.\d+/g, ''),
    oldInode: live === undefined || releases !== undefined ? null : lstatSync(live).ino,
    current: releases === undefined ? null : linkTarget(entry),
  };
}

/** Copies what was made or changed since and belongs to no release, and drops copies of what is gone. */
async function catchUp(
  context: Context,
  { staged, snapshot, goesAlong, carried }: CompletedRelease,
  places: Places,
  live: string,
): Promise<readonly string[]> {
  if (snapshot === undefined) return [];
  const kept = keptPaths(context);
  const since = await changedSince(snapshot, (path) => isUnder(kept, path), carried);
  for (const path of since.gone) await remove(join(staged.folder, path));
  const again = since.changed.filter((path) => goesAlong(path));
  const copied = await copyInto(live, staged.folder, again, carriedTargets(places, live));
  adoptOwnersOf(context, staged.folder, live, since.changed, copied);
  await adoptAttributesOf(context, staged.folder, live, since.changed, new Set(again));
  if (again.length > 0) note(context, 'files-carried-late', { paths: again });
  return again;
}

/** The state of the maintenance goes along: on, and the new tree must not answer; off, and an earlier try's flag goes. */
async function carryFlag(
  context: Context,
  staged: StagedFacts,
  live: string,
  persistent: readonly string[],
): Promise<readonly string[]> {
  const flag = maintenanceFile(context.config);
  if (flag === undefined || isUnder(persistent, flag)) return [];
  if (entryAt(live, flag) === undefined) {
    await remove(join(staged.folder, flag));
    return [];
  }
  const copied = await copyInto(live, staged.folder, [flag]);
  adoptOwnersOf(context, staged.folder, live, [flag], copied);
  await adoptAttributesOf(context, staged.folder, live, [flag], new Set([flag]));
  return [flag];
}
