import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes } from '../../scripts/system/files.ts';

/** Bytes that a tree takes on disk; what has several names in it (hard links) counts once. */
export async function diskBytes(root: string): Promise<number> {
  const seen = new Map<string, number>();
  for (const name of ['', ...(await readdir(root, { recursive: true }))]) {
    const stats = await lstat(join(root, name));
    // stat(2): blocks of 512 bytes, whatever the file system's own are.
    seen.set(`${stats.dev}:${stats.ino}`, stats.blocks * 512);
  }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** There is too little room for what a benchmark is about to make. */
export class SpaceError extends Error {}

/**
 * Checks that there is room before anything is made.
 *
 * @throws SpaceError
 */
export async function checkRoom(folder: string, needed: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free < needed)
    throw new SpaceError(
      `${folder} has ${(free / 1e9).toFixed(1)} GB free, and this needs ${(needed / 1e9).toFixed(1)} GB. Set TMPDIR to a larger disk, or measure less.`,
    );
}
