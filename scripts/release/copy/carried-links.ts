import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { lstatIfThere } from '../../system/symlink-safe-fs.ts';
import type { Places } from '../types.ts';

/** What a link that is copied points to in its new place. */
export type CarriedTarget = (path: string, target: string) => string;

/** As it is written. */
export const sameTarget: CarriedTarget = (_, target) => target;

/**
 * What links are to point to that are carried from one tree to another: what they did. But among releases an absolute
 * target within the old one (`php artisan storage:link` makes such) would go on leading there, and nowhere once that is
 * removed: it becomes a relative one to the same place in the new tree. In place the path of the tree stays the same.
 *
 * @param from the tree that links are carried from, absolute and without links
 */
export function carriedTargets({ releases }: Pick<Places, 'releases'>, from: string): CarriedTarget {
  if (releases === undefined) return sameTarget;
  return (path, target) => {
    const within = isAbsolute(target) ? withinTree(from, target) : undefined;
    return within === undefined ? target : relative(join('/', dirname(path)), join('/', within)) || '.';
  };
}

/**
 * Where in a tree an absolute path lies, by whatever links above it; undefined where it does not, or by way of a link to
 * the tree itself, such as `current`: that will lead to the new one.
 */
function withinTree(tree: string, target: string): string | undefined {
  // Behind a link `..` is not what the text says.
  if (target.split('/').includes('..')) return undefined;
  const path = resolve(target);
  for (let above = path; above !== '/'; above = dirname(above))
    if (isTree(tree, above)) return relative(above, path);
  return undefined;
}

function isTree(tree: string, path: string): boolean {
  try {
    return lstatIfThere(path)?.isDirectory() === true && realpathSync(path) === tree;
  } catch {
    // Where nothing is, or what may not be entered, is not the tree that is being read.
    return false;
  }
}
