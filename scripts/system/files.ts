import { randomBytes } from 'node:crypto';
import { writeSync, type BigIntStats } from 'node:fs';
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { reasonOf, refused, type MajError } from '../errors.ts';
import { removeTree } from './remove-tree.ts';

/** Modes of everything that may hold data: nobody but its owner reads it. */
export const privateFolder = 0o700;
export const privateFile = 0o600;

/** The error code of the operating system, such as `ENOENT`; undefined for other errors. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Makes a `file-failed` of an error of the operating system. */
export function fileFailed(path: string, action: string, error: unknown): MajError {
  return refused('file-failed', { path, action, reason: reasonOf(error) }, { cause: error });
}

/** Whether something is there under this path. */
export async function exists(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== undefined;
}

/** What is under this path, following links; undefined when nothing is. */
export async function statIfThere(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileFailed(path, 'looked at', error);
  }
}

/** The text of a file; undefined when it is not there. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileFailed(path, 'read', error);
  }
}

/** The names in a folder, sorted; none when it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw fileFailed(folder, 'read', error);
  }
}

/** Whether a path was read from bytes that are no UTF-8: Node puts U+FFFD there, and finds nothing under that name. */
export const isUnreadableName = (path: string): boolean => path.includes('\uFFFD');

/** @throws MajError `file-name-unreadable` for a path in a tree that `isUnreadableName` */
export function checkName(root: string, path: string): void {
  if (isUnreadableName(path)) throw refused('file-name-unreadable', { path: join(root, path) });
}

/** Makes a folder, and the ones above it, that only its owner may enter. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: privateFolder });
  } catch (error) {
    throw fileFailed(path, 'made', error);
  }
}

/**
 * Writes a whole file so that after a crash either the old or the new one is there, never half of one: to a
 * temporary name, flushed, renamed, the folder flushed.
 */
export async function writeDurably(
  path: string,
  content: string | Buffer,
  mode = privateFile,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileFailed(path, 'written', error);
  }
}

/** Removes a file that was written durably, and what a crash in the middle of that left beside it. */
export async function removeWritten(path: string): Promise<void> {
  await remove(path);
  const folder = dirname(path);
  const begun = (await namesIn(folder)).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp'),
  );
  for (const name of begun) await remove(join(folder, name));
}

/** Flushes a folder's own entries to disk: a rename is durable only after this. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Renames within one file system, and makes the rename durable in both folders. */
export async function renameDurably(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncFolder(dirname(to));
    if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
  } catch (error) {
    throw fileFailed(from, `renamed to ${to}`, error);
  }
}

/** Removes a file or a whole folder, with all folders of ours in it, whatever their modes; one that is not there is fine. */
export async function remove(path: string): Promise<void> {
  try {
    await removeTree(path);
  } catch (error) {
    throw fileFailed(path, 'removed', error);
  }
}

/** Bytes that this user can still write on the file system of a path, which need not exist yet. */
export async function freeBytes(path: string): Promise<number> {
  const existing = await nearestExisting(path);
  const figures = await statfs(existing);
  return figures.bavail * figures.bsize;
}

/** The path itself, or the nearest folder above it that exists. */
async function nearestExisting(path: string): Promise<string> {
  let candidate = path;
  while (!(await exists(candidate)) && dirname(candidate) !== candidate) candidate = dirname(candidate);
  return candidate;
}

/** Whether two existing paths are on one file system, so that a rename between them is one step. */
export async function onSameFileSystem(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a), stat(b)]);
  return first.dev === second.dev;
}

/** Device and inode, exactly: as numbers of Node two inodes of a large file system may look the same. */
export const identityOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string => `${dev} ${ino}`;

/** Writes all of it, one call after the other: a write may take only a part, on a disk that is nearly full. */
export function writeWholeSync(file: number, data: Uint8Array): void {
  for (let written = 0; written < data.length;) written += writeSync(file, data, written);
}

/**
 * A path without links, though its end need not exist yet.
 *
 * @throws MajError `file-failed`
 */
export async function realPathOf(path: string): Promise<string> {
  const existing = await nearestExisting(path);
  try {
    return join(await realpath(existing), relative(existing, path));
  } catch (error) {
    throw fileFailed(existing, 'looked at', error);
  }
}
