import { basename, join } from 'node:path';
import { backupsOf, listBackups, readBackup, whoseBackup } from '../backup/list.ts';
import { sweepPartials } from '../backup/partial.ts';
import { backupsDir } from '../config/required-settings.ts';
import { inStep, note, orLeftOver, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { reasonOf } from '../core/errors.ts';
import { liveDatabase } from '../database/identity.ts';
import type { DatabaseIdentity } from '../database/same-database.ts';
import {
  expiredBackups,
  moveToTrash,
  newestProvenOf,
  removeFromTrash,
  sortOutWhole,
  trashedBackups,
  trashFolder,
} from '../retention/expire.ts';
import { expiredTrees, oldTrees, trashedTrees, treeTrash, type OldTree } from '../release/old-trees.ts';
import { placesOf } from '../release/places.ts';
import { makePrivateFolder, mountPoints, remove, renameDurably } from '../system/files.ts';
import type { RunState } from './journal/state.ts';
import { expiryFacts, readStates } from './needed-backups.ts';
import { refuseUnfinished } from './recovery/unfinished.ts';

/** What a prune does, or would do. */
export interface Pruning {
  /** The folder of the backups, absolute. */
  readonly folder: string;
  readonly trash: string;
  /** What an earlier prune put into the trash: removed for good. */
  readonly removed: readonly string[];
  /** What has expired since: put into the trash. */
  readonly trashed: readonly string[];
  /** How many complete backups stay. */
  readonly kept: number;
  /** How many there are of other databases: they are left alone. */
  readonly others: number;
  /** No backup is proven: then none of them, and nothing in the trash, is touched. */
  readonly nothingProven: boolean;
  /** The same for old trees of the application. */
  readonly trees: TreePruning;
}

/** Says what a prune would do now. */
export async function planPruning(context: Context): Promise<Pruning> {
  const folder = backupsDir(context);
  const states = await readStates(context);
  const live = await liveDatabase(context);
  const all = await listBackups(context);
  const own = backupsOf(live, all);
  const { whole, broken } = await sortOutWhole(own);
  for (const { id } of broken) warn(context, 'backup-broken', { id });
  const facts = await expiryFacts(context, whole, states);
  const trashed = expiredBackups(facts);
  const newestProven = newestProvenOf(facts);
  const kept = facts.backups.length - trashed.length;
  // A trash without a proven backup beside it may be all there is.
  const removed = newestProven === undefined ? [] : await ownTrashed(folder, live);
  const trees = await planTreePruning(context, states, newestProven?.createdAt);
  const nothingProven = newestProven === undefined && kept > 0;
  const others = all.length - own.length;
  return { folder, trash: trashFolder(folder), removed, trashed, kept, others, nothingProven, trees };
}

/** What is in the trash, but for what another database's prune has put there. */
async function ownTrashed(folder: string, live: DatabaseIdentity | undefined): Promise<string[]> {
  const own: string[] = [];
  for (const id of await trashedBackups(folder)) {
    const backup = await readBackup(join(trashFolder(folder), id));
    if (backup === undefined || whoseBackup(backup, live) === 'own') own.push(id);
  }
  return own;
}

/**
 * Removes for good what the last prune put into the trash, and puts there what has expired since. Called under the lock.
 * Killed at any moment it leaves each backup in its place, or in the trash, or without a manifest in the trash; the
 * next prune goes on.
 *
 * @throws MajError `upgrade-unfinished`, `restore-unfinished` (exit code 6), `file-failed`
 */
export async function pruneBackups(context: Context): Promise<Pruning> {
  await refuseUnfinished(context);
  const pruning = await planPruning(context);
  const { folder, removed, trashed } = pruning;
  await sweepPartials(context, folder);
  for (const id of removed) {
    stopIfInterrupted(context);
    await inStep(context, 'remove-backup', { id }, () => removeFromTrash(folder, id));
  }
  for (const id of trashed) {
    stopIfInterrupted(context);
    await moveToTrash(folder, id);
    note(context, 'backup-trashed', { id });
  }
  await pruneTrees(context, pruning.trees);
  return pruning;
}

/** Prunes after an upgrade that is done and healthy: a failure of this is a warning, and no failure of that. */
export async function pruneAfterSuccess(context: Context): Promise<void> {
  try {
    await pruneBackups(context);
  } catch (error) {
    warn(context, 'prune-failed', { reason: reasonOf(error) });
  }
}

/** Old trees: absolute paths. */
type TreePruning = Pick<Pruning, 'removed' | 'trashed'>;

/**
 * Says which old trees of the application a prune would take now.
 *
 * @param states newest first
 * @param newestProven ISO 8601; undefined where no backup is proven
 */
async function planTreePruning(
  context: Context,
  states: readonly RunState[],
  newestProven: string | undefined,
): Promise<TreePruning> {
  if (context.config.APP_DIR === undefined || newestProven === undefined) return { removed: [], trashed: [] };
  const { live } = await placesOf(context);
  const done = states.filter(({ outcome }) => outcome === 'succeeded').flatMap(keptBy);
  const trees = await oldTrees(context, newestOfEach(done));
  // The last switch's is the way back by hand; that of one which did not end is the way back of `--roll-back`.
  const needed = [
    ...(live === undefined ? [] : [live]),
    ...done.slice(0, 1).map(({ path }) => path),
    ...states
      .flatMap((state) => (state.outcome === 'unfinished' ? keptBy(state) : []))
      .map(({ path }) => path),
  ];
  const days = context.config.BACKUP_KEEP_DAYS;
  const trashed = expiredTrees({ trees, needed, mounted: await mountPoints(), newestProven, days });
  return { removed: await trashedTrees(context), trashed };
}

/**
 * Removes and moves what was planned. What belongs to another user may not be removable: that is a warning, for the
 * backups are pruned all the same.
 */
async function pruneTrees(context: Context, { removed, trashed }: TreePruning): Promise<void> {
  for (const path of removed)
    await orLeftOver(context, path, () => inStep(context, 'remove-tree', { path }, () => remove(path)), warn);
  for (const path of trashed)
    await orLeftOver(
      context,
      path,
      async () => {
        const trash = treeTrash(await placesOf(context), path);
        await makePrivateFolder(trash);
        await renameDurably(path, join(trash, basename(path)));
        note(context, 'tree-trashed', { path, trash });
      },
      warn,
    );
}

const keptBy = ({ switchPlan, startedAt }: RunState): OldTree[] =>
  switchPlan?.kept == null ? [] : [{ path: switchPlan.kept, since: startedAt }];

/** A release can be left, come back to, and left again: the last time counts. */
const newestOfEach = (trees: readonly OldTree[]): OldTree[] =>
  trees.filter(({ path }, index) => trees.findIndex((other) => other.path === path) === index);
