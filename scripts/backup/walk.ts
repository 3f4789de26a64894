import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../errors.ts';
import { fileFailed, namesIn, systemErrorCode } from '../system/files.ts';

/** A file, folder or link that was come across, by its path from the root. */
export interface Walked {
  readonly path: string;
  readonly stats: Stats;
}

/** The root of a tree itself, as a path. */
const rootPath = '.';

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
  // The root may be reached through a link; what counts is the folder.
  yield { path: rootPath, stats: await stat(root) };
  yield* walkIn(root, leaveOut, '');
}

async function* walkIn(
  root: string,
  leaveOut: ReadonlySet<string>,
  folder: string,
): AsyncGenerator<Walked, void, undefined> {
  for (const name of await namesIn(join(root, folder))) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (leaveOut.has(path)) continue;
    // Node reads bytes that are no UTF-8 as U+FFFD, under which the file cannot be opened.
    if (name.includes('\uFFFD')) throw refused('file-name-unreadable', { path: join(root, path) });
    const stats = await statsOf(join(root, path));
    if (stats === undefined) continue;
    yield { path, stats };
    if (stats.isDirectory()) yield* walkIn(root, leaveOut, path);
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileFailed(path, 'read', error);
  }
}
