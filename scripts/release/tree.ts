import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailed } from '../system/files.ts';

/** Something in a tree, without following links. */
export interface TreeEntry {
  /** Relative to the tree. */
  readonly path: string;
  /** `other` for sockets, pipes and devices. */
  readonly type: 'file' | 'link' | 'folder' | 'other';
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly target: string | undefined;
}

/**
 * Everything in a tree, folders before what they hold, in the order of names; the root itself is not among it.
 *
 * @param skip tells which paths to leave out, with all that is in them
 */
export async function* walkTree(
  root: string,
  skip: (path: string) => boolean = () => false,
): AsyncGenerator<TreeEntry> {
  const pending = await childrenOf(root, '');
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (skip(path)) continue;
    const entry = await entryAt(root, path);
    // Gone since its folder was read: the application still runs.
    if (entry === undefined) continue;
    yield entry;
    if (entry.type === 'folder') pending.push(...(await childrenOf(root, path)));
  }
}

/** What is at a path of a tree; undefined when nothing is. */
export async function entryAt(root: string, path: string): Promise<TreeEntry | undefined> {
  const full = join(root, path);
  try {
    const stats = await lstat(full);
    const type = stats.isFile()
      ? 'file'
      : stats.isDirectory()
        ? 'folder'
        : stats.isSymbolicLink()
          ? 'link'
          : 'other';
    const target = type === 'link' ? await readlink(full) : undefined;
    return {
      path,
      type,
      bytes: stats.size,
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      target,
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw fileFailed(full, 'looked at', error);
  }
}

/** The paths in a folder, last name first: the walk takes them from the end. */
async function childrenOf(root: string, folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(root, folder));
    return names
      .map((name) => (folder === '' ? name : `${folder}/${name}`))
      .sort()
      .reverse();
  } catch (error) {
    if (isGone(error)) return [];
    throw fileFailed(join(root, folder), 'read', error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
