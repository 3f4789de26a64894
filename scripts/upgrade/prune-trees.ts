import { basename, join } from 'node:path';
import { inStep, note, warn, type Context } from '../context.ts';
import { orLeftOver } from '../left-over.ts';
import { expiredTrees, oldTrees, trashedTrees, treeTrash } from '../release/old-trees.ts';
import { placesOf } from '../release/places.ts';
import { makePrivateFolder, remove, renameDurably } from '../system/files.ts';
import { mountPoints } from '../system/mounts.ts';
import type { RunState } from './state.ts';

/** The old trees that a prune removes, and those that it puts into the trash: absolute paths. */
export interface TreePruning {
  readonly removed: readonly string[];
  readonly trashed: readonly string[];
}

/**
 * Says which old trees of the application a prune would take now.
 *
 * @param states newest first
 * @param newestProven ISO 8601; undefined where no backup is proven
 */
export async function planTreePruning(
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
      .filter(({ outcome }) => outcome === 'unfinished')
      .flatMap(keptBy)
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
export async function pruneTrees(context: Context, { removed, trashed }: TreePruning): Promise<void> {
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

const keptBy = ({ switchPlan, startedAt }: RunState): { path: string; since: string }[] =>
  switchPlan?.kept == null ? [] : [{ path: switchPlan.kept, since: startedAt }];

/** A release can be left, come back to, and left again: the last time counts. */
function newestOfEach(trees: readonly { path: string; since: string }[]): { path: string; since: string }[] {
  return trees.filter(({ path }, index) => trees.findIndex((other) => other.path === path) === index);
}
