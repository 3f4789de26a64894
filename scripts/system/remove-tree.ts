import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a file or a whole folder; one that is not there is fine. A folder of ours that lacks its owner's permissions, as
 * applications set them (0555 of Drupal's sites/default), can be emptied by root only: it is given them first.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Gives its owner all permissions of each folder of ours in a tree, the top included; links are not followed. */
async function openFolders(path: string): Promise<void> {
  try {
    const stats = await lstat(path);
    if (!stats.isDirectory()) return;
    const isOurs = stats.uid === process.geteuid?.();
    if (isOurs && (stats.mode & 0o700) !== 0o700) await chmod(path, (stats.mode & 0o7777) | 0o700);
    for (const name of await readdir(path)) await openFolders(join(path, name));
  } catch (error) {
    // What is still denied is told by the removal itself; what is gone need not be opened.
    if (!isDenied(error) && codeOf(error) !== 'ENOENT') throw error;
  }
}

const isDenied = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(codeOf(error) ?? '');

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
