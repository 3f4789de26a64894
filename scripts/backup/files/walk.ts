import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { lstatExactly } from '../../system/symlink-safe-fs.ts';
import { fileFailed, orFileFailed } from '../../system/files.ts';
import { walkBelow } from '../../system/walk.ts';

/** A file, folder or link that was come across, by its path from the root. */
export interface Walked {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** The root of a tree itself, as a path. */
const rootPath = '.';

/**
 * Tells by `<` which of two paths a walk comes to first: the root, then folders before what is in them, names in order. No name
 * holds the character that stands for the slash, and none is smaller.
 */
export const walkOrder = (path: string): string => (path === rootPath ? '' : path.replaceAll('/', '\0'));

/**
 * Walks a tree, the root first, folders before what is in them, names in order; links are not followed. What vanishes
 * meanwhile is left out.
 *
 * @param leaveOut the paths, from the root, that are not entered
 * @throws MajError `file-failed` for a folder that cannot be read, `file-name-unreadable` for a name that is not UTF-8
 */
export async function* walk(
  root: string,
  leaveOut: ReadonlySet<string>,
): AsyncGenerator<Walked, void, undefined> {
  const top = statsOf(root);
  if (top === undefined) throw fileFailed(root, 'read', new Error('it is not there any more'));
  yield { path: rootPath, stats: top };
  yield* walkBelow(root, {
    look: (path): Walked | undefined => {
      const stats = statsOf(join(root, path));
      return stats && { path, stats };
    },
    isFolder: ({ stats }) => stats.isDirectory(),
    skip: (path) => leaveOut.has(path),
  });
}

const statsOf = (path: string): BigIntStats | undefined =>
  orFileFailed(path, 'read', () => lstatExactly(path));
