import { closeSync, fchmodSync, fchownSync, fstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refused, MajError } from '../core/errors.ts';
import { chmodSync, lchownSync, openFolder } from '../system/symlink-safe-fs.ts';
import { fileFailed, privateFolder } from '../system/files.ts';
import { runsAsRoot } from '../system/process/identity.ts';
import { entryAt, walkTree, type TreeEntry } from './tree.ts';

type Owner = Pick<TreeEntry, 'uid' | 'gid'>;

/**
 * Gives a staged tree to a user while a program of that user works in it, and the user the way into our private folder.
 * Afterwards both are root's again: whatever of that program still runs can change nothing any more, and no setuid bit that
 * it has set is left. Called as root.
 *
 * @param prepare is called when the tree is the user's, who cannot reach it yet
 * @throws MajError `file-failed`, `area-not-roots`
 */
export async function withTreeOwnedBy<T>(
  staged: string,
  owner: Owner,
  prepare: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  await giveTree(staged, owner);
  await prepare();
  try {
    setArea(staged, owner.gid, open);
    return await work();
  } finally {
    await takeTreeBack(staged);
  }
}

/**
 * Makes a staged tree root's again that a killed run has left to the user of its commands, which may run still. Where our
 * folder is not open there is none.
 */
export async function takeLeftTreeBack(staged: string): Promise<void> {
  if (runsAsRoot() && entryAt(dirname(staged), '')?.mode === open) await takeTreeBack(staged);
}

async function takeTreeBack(staged: string): Promise<void> {
  setArea(staged, 0, privateFolder);
  await giveTree(staged, { uid: 0, gid: 0 });
}

const open = 0o710;

function setArea(staged: string, gid: number, mode: number): void {
  const area = dirname(staged);
  change(area, () => {
    // By its descriptor: what was put in its place must not be opened to anybody.
    const folder = openFolder(area);
    try {
      if (fstatSync(folder).uid !== 0) throw refused('area-not-roots', { area });
      fchownSync(folder, 0, gid);
      fchmodSync(folder, mode);
    } finally {
      closeSync(folder);
    }
  });
}

/** Folders before what they hold: once a folder is root's, nobody else puts a link in the place of what is given next. */
async function giveTree(staged: string, { uid, gid }: Owner): Promise<void> {
  const give = (path: string, type: string, mode: number): void =>
    change(path, () => {
      lchownSync(path, uid, gid);
      if (type === 'folder' && (mode & 0o002) !== 0) chmodSync(path, mode & ~0o002);
    });
  const top = entryAt(staged, '');
  if (top !== undefined) give(staged, top.type, top.mode);
  // A name that is not UTF-8 is refused by whoever lists the tree.
  const entries = walkTree(staged, undefined, () => undefined);
  for await (const { path, type, mode } of entries) give(join(staged, path), type, mode);
}

function change(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof MajError ? error : fileFailed(path, 'given to its owner', error);
  }
}
