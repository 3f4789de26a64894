import { basename, join } from 'node:path';
import { unpackFiles } from '../../backup/files/unpack-files.ts';
import type { Backup } from '../../backup/list.ts';
import { maintenanceFile } from '../../config/maintenance-means.ts';
import { isUnder, persistentPaths } from '../../config/persistent.ts';
import { inStep, type Context } from '../../core/context.ts';
import { refused, unsound } from '../../core/errors.ts';
import { codecNamed } from '../../dump/codec.ts';
import { copyInto } from '../../release/copy/copy-tree.ts';
import { makeRoom } from '../../release/copy/persistent-files.ts';
import { checkPlaces, placesOf } from '../../release/places.ts';
import { planReturn } from '../../release/plan-switch.ts';
import { switchFactsOf } from '../../release/prepare.ts';
import { clearAway } from '../../release/switch.ts';
import type { StagedFacts, SwitchPlan } from '../../release/types.ts';
import { exists, makePrivateFolder, remove, renameDurably } from '../../system/files.ts';
import { flush } from '../../system/flush.ts';
import type { RunState } from '../journal/state.ts';

/**
 * The tree of the version before: the one that the upgrade kept or, where that is gone, what its backup holds, unpacked
 * beside the live one.
 *
 * @param run the upgrade that is undone
 * @throws MajError `no-files-in-backup`, `files-differ`
 */
export async function findOlderTree(
  context: Context,
  run: RunState,
  backup: Backup,
  runId: string,
): Promise<string> {
  const kept = run.switchPlan?.kept ?? null;
  if (kept !== null && (await exists(kept))) return kept;
  const places = await placesOf(context);
  const { files } = backup.manifest;
  if (files === null) throw refused('no-files-in-backup', { id: backup.id });
  const folder = join(places.area, `staged-${runId}`);
  const whole = places.releases === undefined ? folder : `${folder}.top`;
  await makePrivateFolder(places.area);
  await remove(folder);
  await remove(whole);
  const codec = await codecNamed(context, backup.manifest.codec);
  const problems = await inStep(context, 'restore-files', { folder: places.entry }, (progress) =>
    unpackFiles(context, backup, files, codec, whole, progress),
  );
  if (problems.length > 0) throw unsound('files-differ', { id: backup.id, problems });
  if (whole !== folder) {
    await renameDurably(join(whole, 'releases', basename(kept ?? run.from ?? '')), folder);
    await remove(whole);
  } else {
    // Those of today move over; these are of then.
    for (const path of persistentPaths(context.config.APP_PERSIST)) await remove(join(folder, path));
  }
  await flush(context, folder);
  return folder;
}

/**
 * Plans the moves that put it in the live one's place; called in the window. Persistent paths move over from the live
 * tree, as in an upgrade; what the older tree has in their places goes to the strays. May be repeated.
 *
 * @throws MajError of `checkPlaces`; `file-failed`
 */
export async function planOlderTree(context: Context, arriving: StagedFacts): Promise<SwitchPlan> {
  const places = await placesOf(context);
  await checkPlaces(context, places, 'back');
  const { folder, version } = arriving;
  const configured = persistentPaths(context.config.APP_PERSIST);
  const facts = switchFactsOf(context, arriving, places);
  const strays = join(places.area, `strays-${arriving.runId}`);
  for (const path of facts.persistent) {
    await clearAway(join(folder, path), strays);
    // It may have come with the newer version: then the older one lacks the folders that it lies in.
    await makeRoom(folder, path);
  }
  const flag = maintenanceFile(context.config);
  // Below a persistent path it stays where it is: of the releases layout both trees link to that.
  if (flag !== undefined && places.live !== undefined && !isUnder(configured, flag)) {
    await remove(join(folder, flag));
    await copyInto(places.live, folder, [flag]);
    await flush(context, folder);
  }
  return planReturn({ ...facts, version, sinceMs: null });
}
