import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { createBreather } from '../../core/clock.ts';
import { isGone, lstatExactly, readdirSync } from '../../system/beneath.ts';
import { checkName, fileFailed } from '../../system/files.ts';

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
 * meanwhile is left out. Others have their turn between two entries, however quickly the caller takes them.
 *
 * @param leaveOut the paths, from the root, that are not entered
 * @throws MajError `file-failed` for a folder that cannot be read, `file-name-unreadable` for a name that is not UTF-8
 */
export async function* walk(
  root: string,
  leaveOut: ReadonlySet<string>,
): AsyncGenerator<Walked, void, undefined> {
  const breathe = createBreather();
  const top = statsOf(root);
  if (top === undefined) throw fileFailed(root, 'read', new Error('it is not there any more'));
  yield { path: rootPath, stats: top };
  const waiting = pathsIn(root, '');
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (leaveOut.has(path)) continue;
    checkName(root, path);
    const stats = statsOf(join(root, path));
    if (stats === undefined) continue;
    yield { path, stats };
    if (stats.isDirectory()) for (const below of pathsIn(root, path)) waiting.push(below);
    await breathe();
  }
}

/** The paths of what is in a folder, last name first. */
function pathsIn(root: string, folder: string): string[] {
  try {
    const names = readdirSync(join(root, folder)).sort();
    return names.reverse().map((name) => (folder === '' ? name : `${folder}/${name}`));
  } catch (error) {
    if (isGone(error)) return [];
    throw fileFailed(join(root, folder), 'read', error);
  }
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return lstatExactly(path);
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}
