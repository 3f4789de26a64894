import { join } from 'node:path';
import { expiredBackups, newestProvenOf } from '../backup/expire.ts';
import { backupsOf, listBackups, readBackup, whoseBackup } from '../backup/list.ts';
import { sweepPartials } from '../backup/sweep.ts';
import { sortOutWhole } from '../backup/whole.ts';
import { moveToTrash, removeFromTrash, trashedBackups, trashFolder } from '../backup/trash.ts';
import { backupsDir } from '../config/require.ts';
import { inStep, note, stopIfInterrupted, warn, type Context } from '../context.ts';
import { liveDatabase } from '../database/identity.ts';
import type { DatabaseIdentity } from '../database/whose.ts';
import { reasonOf } from '../errors.ts';
import { expiryFacts, readStates } from './needed-backups.ts';
import { planTreePruning, pruneTrees, type TreePruning } from './prune-trees.ts';
import { refuseUnfinished } from './unfinished.ts';

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
