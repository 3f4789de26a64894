import { chmodSync, chownSync, lchownSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileFailed, privateFolder } from '../system/files.ts';
import { entryAt, walkTree } from './tree.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives a staged tree to a user while a program of that user works in it, and the user the way into our private folder.
 * Afterwards both are root's again: whatever of that program still runs can change nothing any more, and no setuid bit that
 * it has set is left. Called as root.
 *
 * @param prepare is called when the tree is the user's, who cannot reach it yet
 * @throws MajError `file-failed`
 */
export async function whileTreeIsOf<T>(
  staged: string,
  owner: Owner,
  prepare: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  const area = dirname(staged);
  const before = entryAt(area, '') ?? { uid: 0, gid: 0 };
  await giveTree(staged, owner);
  await prepare();
  try {
    change(area, () => {
      chownSync(area, before.uid, owner.gid);
      chmodSync(area, 0o710);
    });
    return await work();
  } finally {
    change(area, () => {
      chmodSync(area, privateFolder);
      chownSync(area, before.uid, before.gid);
    });
    await giveTree(staged, { uid: 0, gid: 0 });
  }
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
  for await (const { path, type, mode } of walkTree(staged)) give(join(staged, path), type, mode);
}

function change(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw fileFailed(path, 'given to its owner', error);
  }
}
