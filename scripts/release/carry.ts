import { chmod, constants, copyFile, lchown, lstat, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { warn, type Context } from '../context.ts';
import { fileFailed, remove, systemErrorCode } from '../system/files.ts';
import { entryAt, walkTree } from './tree.ts';

/**
 * Copies things of one tree to the same places in another, with mode and time; folders come before what they hold.
 * What is there already is replaced.
 */
export async function copyInto(from: string, to: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const entry = await entryAt(from, path);
    if (entry === undefined || entry.type === 'other') continue;
    const target = join(to, path);
    try {
      await mkdir(dirname(target), { recursive: true });
      if (entry.type === 'folder') {
        await mkdir(target, { recursive: true });
        continue;
      }
      await remove(target);
      if (entry.type === 'link') {
        await symlink(entry.target ?? '', target);
        continue;
      }
      await copyFile(join(from, path), target, constants.COPYFILE_FICLONE);
      await chmod(target, entry.mode);
      const { atime, mtime } = await lstat(join(from, path));
      await utimes(target, atime, mtime);
    } catch (error) {
      throw fileFailed(target, 'copied from the installed application', error);
    }
  }
}

/**
 * Gives everything in the staged tree the owner that it has in the live one, or that the folder which it will lie in
 * has there, and every folder its mode: a web server that could write to a folder still can. Only root can give files
 * away; for others the first refusal is a warning.
 */
export async function adoptOwners(context: Context, staged: string, live: string): Promise<void> {
  const owners = new Map<string, { uid: number; gid: number }>();
  const root = await lstat(live);
  owners.set('', { uid: root.uid, gid: root.gid });
  const refusals: string[] = [];
  await chmod(staged, root.mode & 0o7777);
  await giveTo(staged, await lstat(staged), root, refusals);
  for await (const entry of walkTree(staged)) {
    const installed = await entryAt(live, entry.path);
    const above = entry.path.includes('/') ? dirname(entry.path) : '';
    const owner = installed ?? owners.get(above) ?? root;
    if (entry.type === 'folder') {
      owners.set(entry.path, { uid: owner.uid, gid: owner.gid });
      // Before the mode: a change of owner takes setgid away.
      await giveTo(join(staged, entry.path), entry, owner, refusals);
      if (installed?.type === 'folder' && installed.mode !== entry.mode)
        await chmod(join(staged, entry.path), installed.mode);
    } else await giveTo(join(staged, entry.path), entry, owner, refusals);
  }
  if (refusals[0] !== undefined)
    warn(context, 'owners-not-kept', { count: refusals.length, path: refusals[0], uid: root.uid });
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function giveTo(path: string, current: Owner, owner: Owner, refusals: string[]): Promise<void> {
  if (current.uid === owner.uid && current.gid === owner.gid) return;
  try {
    await lchown(path, owner.uid, owner.gid);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw fileFailed(path, 'given to its owner', error);
    refusals.push(path);
  }
}
