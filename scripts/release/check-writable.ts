import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf, refused } from '../core/errors.ts';
import { accessSync } from '../system/symlink-safe-fs.ts';
import { systemErrorCode } from '../system/files.ts';
import { ownUserName } from '../system/process/identity.ts';
import { entryAt, type TreeEntry } from './tree.ts';
import type { Places } from './types.ts';

/** A folder that a switch needs to write to. */
export interface NeededFolder {
  readonly path: string;
  /** `within`: something in it gets another name; `itself`: it comes into another folder, so that its `..` is another one. */
  readonly what: 'within' | 'itself';
}

/** A folder that we may not write to, and what the system says of it. */
export interface ClosedFolder {
  readonly path: string;
  readonly reason: string;
}

/**
 * The folders that a switch writes to: pure. rename(2) asks for the two folders that something is moved between and, for a
 * folder, for itself; a link is moved as it is, whatever it leads to.
 *
 * @param persistent the persistent paths that are in the live tree: they are moved in place, and stay in the releases layout
 * @param direction only the way back moves the release that runs from among the releases
 */
export function foldersToRename(
  { live, entry, area, releases }: Places,
  persistent: readonly Pick<TreeEntry, 'path' | 'type'>[],
  direction: 'forward' | 'back',
): readonly NeededFolder[] {
  const within = (path: string): NeededFolder => ({ path, what: 'within' });
  const itself = (path: string): NeededFolder => ({ path, what: 'itself' });
  const ours = [within(dirname(entry)), within(area)];
  if (releases !== undefined) {
    const moved = direction === 'back' && live !== undefined ? [itself(live)] : [];
    return [...ours, within(releases), ...moved];
  }
  if (live === undefined) return ours;
  const needed = persistent.flatMap(({ path, type }) => [
    within(dirname(join(live, path))),
    ...(type === 'folder' ? [itself(join(live, path))] : []),
  ]);
  return [...ours, itself(live), ...needed];
}

/**
 * Checks that we may do the renames of a switch: else the first to find out would be the window. Folders that are not there
 * will be made.
 *
 * @throws MajError `may-not-rename` with all folders that we may not write to
 */
export function checkMayRename(
  places: Places,
  persistent: readonly string[],
  direction: 'forward' | 'back',
): void {
  const { live } = places;
  const present = live === undefined ? [] : persistent.flatMap((path) => entryAt(live, path) ?? []);
  const closed = new Map<string, ClosedFolder>();
  for (const { path, what } of foldersToRename(places, present, direction)) {
    try {
      accessSync(path, what === 'within' ? constants.W_OK | constants.X_OK : constants.W_OK);
    } catch (error) {
      // With the slash a file is no folder, and not one that may not be entered: whoever needs the folder says so.
      if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? ''))
        closed.set(path, { path, reason: reasonOf(error) });
    }
  }
  if (closed.size > 0)
    throw refused('may-not-rename', { folders: [...closed.values()], user: ownUserName() });
}
