import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { isGone, lstatIfThere, readlinkSync } from '../system/symlink-safe-fs.ts';
import { fileFailed } from '../system/files.ts';
import { walkBelow } from '../system/walk.ts';

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
  /** Tells whether the thing was changed since: inode, and the times of its content and of itself (mode, owner). */
  readonly stamp: Stamp;
}

/** What changes when a file does; a program can set `mtimeMs` back, and cannot set `ctimeMs`. */
export interface Stamp {
  readonly inode: number;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/**
 * Everything in a tree, folders before what they hold, in the order of names; the root itself is not among it.
 *
 * @param skip tells which paths to leave out, with all that is in them
 * @param unreadable see `Walk`
 * @throws MajError `file-name-unreadable`, `file-failed`
 */
export const walkTree = (
  root: string,
  skip: (path: string) => boolean = () => false,
  unreadable?: (path: string) => void,
): AsyncGenerator<TreeEntry, void, undefined> =>
  walkBelow(root, {
    look: (path) => entryAt(root, path),
    isFolder: ({ type }) => type === 'folder',
    skip,
    unreadable,
  });

/** What is at a path of a tree; undefined when nothing is. */
export function entryAt(root: string, path: string): TreeEntry | undefined {
  const full = join(root, path);
  try {
    // Not an error for what is not there: thousands of them take longer than everything else.
    const stats = lstatIfThere(full);
    if (stats === undefined) return undefined;
    const type = typeOf(stats);
    return {
      path,
      type,
      bytes: stats.size,
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      target: type === 'link' ? readlinkSync(full) : undefined,
      stamp: { inode: stats.ino, bytes: stats.size, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs },
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw fileFailed(full, 'looked at', error);
  }
}

function typeOf(stats: Stats): TreeEntry['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}
