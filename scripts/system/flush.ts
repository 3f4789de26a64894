import { closeSync, fsyncSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../core/context.ts';
import { reasonOf, refused } from '../core/errors.ts';
import { lstatIfThere, openFolder, openToRead } from './symlink-safe-fs.ts';
import { fileFailed, systemErrorCode } from './files.ts';
import { capture } from './process/processes.ts';

/**
 * Flushes everything written to the file system of a path. One call for a whole tree: thousands of fsync calls, one a
 * file, take far longer, and Node has no syncfs.
 */
export async function flush(context: Pick<Context, 'env'>, path: string): Promise<void> {
  // GNU and BusyBox know -f; where it is not known, plain sync flushes every file system.
  for (const args of [['-f', path], []]) {
    const synced = await capture(context, 'sync', args);
    if (synced.code === 0) return;
    if (args.length === 0)
      throw refused('file-failed', { path, action: 'flushed', reason: reasonOf(synced.stderr.trim()) });
  }
}

/** Beyond so many files one flush of all is quicker. */
const fewPaths = 1000;

/**
 * Flushes some files and links of a tree, and the folders that they lie in; a whole file system may have gigabytes to
 * write that are nothing of ours.
 */
export async function flushPaths(
  context: Pick<Context, 'env'>,
  root: string,
  paths: readonly string[],
): Promise<void> {
  if (paths.length > fewPaths) return flush(context, root);
  const folders = new Set(paths.flatMap(foldersAbove));
  for (const path of [...paths, ...folders]) if (!flushOne(join(root, path))) return flush(context, root);
}

function foldersAbove(path: string): readonly string[] {
  return path === '.' ? [] : [dirname(path), ...foldersAbove(dirname(path))];
}

/** Whether it could be flushed by itself; what nobody may read, its owner neither, cannot. */
function flushOne(path: string): boolean {
  try {
    // A link is an entry of its folder, which is flushed.
    const found = lstatIfThere(path);
    if (found === undefined || found.isSymbolicLink()) return true;
    const file = found.isDirectory() ? openFolder(path) : openToRead(path);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ELOOP' || code === 'ENOENT' || code === 'ENOTDIR') return true;
    if (code === 'EACCES') return false;
    throw fileFailed(path, 'flushed', error);
  }
}
