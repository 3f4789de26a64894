import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileFailed, remove } from './files.ts';
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

/** Removes the temporary folders of runs that are dead, of this user; how many. */
export async function sweepTemporaryFolders(): Promise<number> {
  let swept = 0;
  for (const name of await readdir(tmpdir())) {
    const owner = /^maj-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      await remove(join(tmpdir(), name));
      swept += 1;
    } catch {
      // Another user's: not ours to remove.
    }
  }
  return swept;
}
