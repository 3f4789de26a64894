import { dirname, join, relative } from 'node:path';
import { copyFile } from '../../archive/copy-file.ts';
import { persistentPaths } from '../../config/persistent.ts';
import type { Context } from '../../core/context.ts';
import { lchownSync, makeFolders, renameSync, symlinkSync } from '../../system/symlink-safe-fs.ts';
import { fileFailed, remove } from '../../system/files.ts';
import { runsAsRoot } from '../../system/process/identity.ts';
import { placesOf } from '../places.ts';
import { entryAt } from '../tree.ts';
import type { Places, StagedFacts } from '../types.ts';

/** The persistent paths that are there: in the live tree, or in APP_DIR/shared. */
export const presentIn = (places: Places, persistent: readonly string[]): readonly string[] =>
  persistent.filter((path) => entryAt(places.persistent, path) !== undefined);

/** Removes what a staged tree has in the place of a persistent path, and makes the folders that it will lie in. */
export async function makeRoom(staged: string, path: string): Promise<void> {
  const place = join(staged, path);
  await remove(place);
  try {
    makeFolders(dirname(place));
  } catch (error) {
    throw fileFailed(dirname(place), 'made', error);
  }
}

/** In the releases layout persistent paths lie in APP_DIR/shared; each release links to them. */
export async function linkShared(places: Places, staged: StagedFacts, path: string): Promise<void> {
  const shared = join(places.persistent, path);
  const inStaged = join(staged.folder, path);
  const ours = entryAt(places.persistent, path) !== undefined;
  const entry = entryAt(staged.folder, path);
  if (!ours && (entry === undefined || entry.type === 'link')) return;
  try {
    makeFolders(dirname(shared));
    // What the first release ships becomes the shared one.
    if (!ours) renameSync(inStaged, shared);
    await makeRoom(staged.folder, path);
    const place = join(places.releases ?? '', staged.releaseName, path);
    symlinkSync(relative(dirname(place), shared), inStaged);
  } catch (error) {
    throw fileFailed(inStaged, `linked to ${shared}`, error);
  }
}

/**
 * Gives a staged tree copies of the persistent files, for the dependencies command may need them (a `.env`). The real ones,
 * or in the releases layout links to them, take their place in the switch; folders such as uploads are not copied. No links
 * here: what the command writes must not reach the application that runs. Each copy belongs to whom the original does: who
 * cannot read that cannot read the copy.
 *
 * @throws MajError `file-failed`
 */
export async function copyForDependencies(context: Context, staged: string): Promise<void> {
  const { persistent } = await placesOf(context);
  for (const path of persistentPaths(context.config.APP_PERSIST)) {
    const original = entryAt(persistent, path);
    if (original?.type !== 'file' || entryAt(staged, path) !== undefined) continue;
    if (entryAt(staged, dirname(path))?.type !== 'folder') continue;
    try {
      const { uid, gid } = copyFile(join(persistent, path), join(staged, path));
      if (runsAsRoot()) lchownSync(join(staged, path), uid, gid);
    } catch (error) {
      throw fileFailed(join(staged, path), 'written', error);
    }
  }
}
