import { join } from 'node:path';
import { createBreather } from '../core/clock.ts';
import { chmodSync, lstatSync } from '../system/symlink-safe-fs.ts';
import { checkName, fileFailed, namesIn } from '../system/files.ts';
import { entryAt, walkTree, type Stamp, type TreeEntry } from './tree.ts';

/** What a tree held at a moment, by path, the root as the empty one: enough to tell later what was changed since without reading it. */
export interface Snapshot {
  readonly root: string;
  readonly entries: ReadonlyMap<string, { readonly type: TreeEntry['type']; readonly stamp: Stamp }>;
  /** When it was begun, by the clock of the file system itself. */
  readonly sinceMs: number;
}

/**
 * Remembers what a tree holds, but for some paths.
 *
 * @param probe a file of ours on the same file system, whose mode is set to tell what time that system has
 */
export async function takeSnapshot(
  root: string,
  skip: (path: string) => boolean,
  probe: string,
): Promise<Snapshot> {
  const sinceMs = clockOf(probe);
  const entries = new Map<string, { type: TreeEntry['type']; stamp: Stamp }>();
  const top = entryAt(root, '');
  if (top !== undefined) entries.set('', { type: top.type, stamp: top.stamp });
  for await (const { path, type, stamp } of walkTree(root, skip)) entries.set(path, { type, stamp });
  return { root, entries, sinceMs };
}

/**
 * What time a file system has, as it writes it to its files: no other clock can be compared with theirs.
 *
 * @param probe a file of ours there
 */
export function clockOf(probe: string): number {
  try {
    chmodSync(probe, 0o600);
    return lstatSync(probe).ctimeMs;
  } catch (error) {
    throw fileFailed(probe, 'looked at', error);
  }
}

/**
 * Whether a thing is as it was. One that was changed in the very tick in which the snapshot was begun, or since, may
 * have been changed again with the same times: it never counts as unchanged.
 */
export function isUnchanged(before: Stamp, now: Stamp, sinceMs: number): boolean {
  return (
    before.ctimeMs < sinceMs &&
    now.inode === before.inode &&
    now.bytes === before.bytes &&
    now.mtimeMs === before.mtimeMs &&
    now.ctimeMs === before.ctimeMs
  );
}

/**
 * Looks for what changed since a snapshot. A folder tells by its own times whether anything in it was made, removed or
 * renamed, so that only what is in changed folders is looked at, and of all other files those that are watched: for a
 * tree of 80,000 files that takes some milliseconds. Files that were written to in place, and are not watched, go
 * unnoticed.
 *
 * @param watched the paths that matter even where nothing around them changed
 * @returns `changed`: paths that are there and are not as they were, folders before what they hold; `gone`: watched ones that
 *   are no longer there
 * @throws MajError `file-name-unreadable`
 */
export async function changedSince(
  snapshot: Snapshot,
  skip: (path: string) => boolean,
  watched: Iterable<string>,
): Promise<{ readonly changed: readonly string[]; readonly gone: readonly string[] }> {
  const { root, entries, sinceMs } = snapshot;
  const breathe = createBreather();
  const changed = new Set<string>();
  const gone = new Set<string>();
  const isAsBefore = (now: TreeEntry): boolean => {
    const before = entries.get(now.path);
    return before !== undefined && isUnchanged(before.stamp, now.stamp, sinceMs);
  };
  for (const [path, { type }] of entries) {
    if (type !== 'folder') continue;
    await breathe();
    const now = entryAt(root, path);
    if (now?.type !== 'folder' || isAsBefore(now)) continue;
    if (path !== '') changed.add(path);
    for (const childPath of await childrenOf(root, path)) {
      if (skip(childPath)) continue;
      checkName(root, childPath);
      const child = entryAt(root, childPath);
      if (child === undefined || isAsBefore(child)) continue;
      changed.add(child.path);
      // Folders that were there before tell for themselves.
      if (child.type !== 'folder' || entries.get(child.path)?.type === 'folder') continue;
      for await (const below of walkTree(join(root, child.path))) changed.add(`${child.path}/${below.path}`);
    }
  }
  for (const path of watched) {
    const now = entryAt(root, path);
    if (now === undefined) gone.add(path);
    else if (!isAsBefore(now)) changed.add(path);
  }
  return { changed: [...changed].sort(), gone: [...gone].sort() };
}

async function childrenOf(root: string, folder: string): Promise<string[]> {
  const names = await namesIn(join(root, folder));
  return names.map((name) => (folder === '' ? name : `${folder}/${name}`));
}
