import { basename, dirname, join } from 'node:path';
import { checkFlagPlace } from '../application/maintenance.ts';
import { copyFile } from '../archive/copy-file.ts';
import { appTree, type AppTree } from '../backup/files/app-tree.ts';
import { unpackFiles } from '../backup/files/unpack-files.ts';
import type { Backup } from '../backup/list.ts';
import type { ManifestFiles } from '../backup/manifest.ts';
import { checkSpace } from '../backup/space.ts';
import { checkOwnFolder } from '../config/own-folders.ts';
import { inStep, type Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { codecNamed } from '../dump/codec.ts';
import { asideName } from '../release/old-trees.ts';
import { entryAt } from '../release/tree.ts';
import { makeFolders } from '../system/symlink-safe-fs.ts';
import { exists, makePrivateFolder, remove, renameDurably } from '../system/files.ts';
import { flush } from '../system/flush.ts';

/**
 * The tree that a restore of the files replaces. What is ours would go with it, so that nothing of ours may lie in it.
 *
 * @throws MajError `ours-within-app`
 */
export async function checkReplaceable(context: Context): Promise<AppTree> {
  const tree = await appTree(context);
  if (tree.left.ours.length > 0) throw refused('ours-within-app', { folder: tree.root });
  return tree;
}

/**
 * Puts an application's files back, all of them: unpacks the archive beside the application's folder, compares every
 * file with the list, and only then swaps the two by renames. The tree that was there is kept.
 *
 * @param begins is called before the first change
 * @returns where the tree that was there is now; null when there was none
 * @throws MajError `no-files-in-backup`, `ours-within-app`, `disk-full` (exit code 3), `files-differ` (4): the application's
 *   folder is untouched
 */
export async function restoreFiles(
  context: Context,
  backup: Backup,
  begins: () => void,
): Promise<string | null> {
  const { files } = backup.manifest;
  if (files === null) throw refused('no-files-in-backup', { id: backup.id });
  const { root: live, flagIn } = await checkReplaceable(context);
  const codec = await codecNamed(context, backup.manifest.codec);
  const aside = join(dirname(live), `.${basename(live)}.maj`);
  checkOwnFolder(context, 'area', aside);
  const fresh = join(aside, 'restoring');
  return inStep(context, 'restore-files', { folder: live }, async (progress) => {
    await makePrivateFolder(aside);
    const flag = createFlagKeeper(flagIn, join(aside, 'maintenance-flag'));
    // A restore that was killed has the flag of a maintenance that is still on in its half of a tree.
    await flag.take(live);
    await flag.take(fresh);
    await remove(fresh);
    await checkSpace(aside, unpackedBytes(files));
    const problems = await unpackFiles(context, backup, files, codec, fresh, progress);
    if (problems.length > 0) throw unsound('files-differ', { id: backup.id, problems });
    await flag.put(fresh);
    // Before the swap, so that no power failure leaves the names of files without what was in them.
    await flush(context, fresh);
    const replaced = (await exists(live)) ? join(aside, asideName('replaced', context.clock.now())) : null;
    begins();
    if (replaced !== null) await renameDurably(live, replaced);
    await renameDurably(fresh, live);
    await flag.done();
    return replaced;
  });
}

/** Bytes that the files take beside the application's: each ends within a block of the file system, of 4 KB mostly. */
const unpackedBytes = ({ bytes, holes = 0, count }: ManifestFiles): number => bytes - holes + count * 4096;

/** Carries the flag of maintenance from the tree that was there into the one that comes, across a kill, too. */
function createFlagKeeper(pathIn: AppTree['flagIn'], kept: string) {
  return {
    take: async (tree: string) => {
      const path = pathIn(tree);
      if (path === undefined || entryAt(tree, path)?.type !== 'file') return;
      await remove(kept);
      copyFile(join(tree, path), kept);
    },
    put: async (tree: string) => {
      const path = pathIn(tree);
      if (path === undefined || !(await exists(kept))) return;
      await checkFlagPlace(tree, path);
      makeFolders(dirname(join(tree, path)));
      await remove(join(tree, path));
      copyFile(kept, join(tree, path));
    },
    done: () => remove(kept),
  };
}
