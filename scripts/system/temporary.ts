import { lstat, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileFailed, namesIn, remove } from './files.ts';
import { isAlive, ownUserId, processSpace } from './process/identity.ts';

const prefix = 'maj-';

/**
 * Makes a 0700 folder in the system's temporary folder; its name holds our process id and what that counts in, so that
 * what a killed run left can be told from what is in use (`sweepTemporaryFolders`). Socket paths are bounded to 107
 * bytes: keep it short.
 */
export async function makeTemporaryFolder(purpose: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-${purpose}-${processSpace()}-`));
  } catch (error) {
    throw fileFailed(tmpdir(), 'written to', error);
  }
}

/** Hands a temporary folder to a piece of work, and removes it afterwards however that ends. */
export async function withTemporaryFolder<T>(
  purpose: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeTemporaryFolder(purpose);
  try {
    return await work(folder);
  } finally {
    await remove(folder);
  }
}

const hour = 3_600_000;
const folderName = /^maj-(\d+)-(?:(\w+)-([0-9a-z]+)-)?/;

/**
 * Removes what killed runs of this user left in the temporary folder. An option file, which holds a password, goes at
 * once; the rest after an hour, for a server that is being ended may still use it. So does what a container left that
 * shares the folder: a process that is alive there looks dead from here.
 */
export async function sweepTemporaryFolders(now: Date): Promise<void> {
  for (const name of await namesIn(tmpdir())) {
    const [, owner, purpose, space] = folderName.exec(name) ?? [];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const path = join(tmpdir(), name);
    const known = space === processSpace() && space !== '' && purpose === 'cnf';
    try {
      const found = await lstat(path);
      // Nobody else can put anything in the place of a folder of ours, or of what is in it, while we remove it.
      if (!found.isDirectory() || found.uid !== ownUserId()) continue;
      if (known || now.getTime() - found.mtimeMs > hour) await remove(path);
    } catch {
      // Gone already.
    }
  }
}
