import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileFailed, namesIn, remove } from './files.ts';
import { isAlive } from './identity.ts';

const prefix = 'maj-';

/**
 * Makes a 0700 folder in the system's temporary folder; its name holds our process id, so that what a killed run
 * left can be told from what is in use (`sweepTemporaryFolders`). Socket paths are bounded to 107 bytes: keep it short.
 */
export async function makeTemporaryFolder(purpose: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-${purpose}-`));
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

/**
 * Removes what killed runs of this user left in the temporary folder, at the earliest after an hour: in a container that
 * shares the folder, a process that is alive elsewhere looks dead.
 */
export async function sweepTemporaryFolders(now: Date): Promise<void> {
  for (const name of await namesIn(tmpdir())) {
    const owner = /^maj-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const path = join(tmpdir(), name);
    try {
      const { mtimeMs } = await stat(path);
      if (now.getTime() - mtimeMs > hour) await remove(path);
    } catch {
      // Another user's, or gone already: not ours to remove.
    }
  }
}
