import { dirname, join, relative } from 'node:path';
import { makeFolders, renameSync, symlinkSync } from '../system/beneath.ts';
import { fileFailed, remove } from '../system/files.ts';
import { entryAt } from './tree.ts';
import type { Places, StagedFacts } from './types.ts';

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
