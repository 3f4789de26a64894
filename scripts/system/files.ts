import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsync, writeSync, type BigIntStats, type Stats } from 'node:fs';
import { realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, refused, type MajError } from '../core/errors.ts';
import {
  makeFolders,
  openFolder,
  openNew,
  readBytesIfThereSync,
  readdirSync,
  readShort,
  readStreamOf,
  readTextIfThere,
  removeTree,
  renameSync,
  statIfThereSync,
} from './symlink-safe-fs.ts';

/** Files of at most so many bytes are read at once: a stream costs far more than that. */
const shortBytes = 64 * 1024;

/** The sha256 of what a file holds, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const short = readShort(path, shortBytes);
  if (short !== undefined) hash.update(short);
  else for await (const data of readStreamOf(path, 256 * 1024)) hash.update(data as Buffer);
  return hash.digest('hex');
}

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
export const exists = async (path: string): Promise<boolean> => (await statIfThere(path)) !== undefined;

/** What is under this path, links followed as far as `symlink-safe-fs.ts` follows any; undefined when nothing is. */
export const statIfThere = (path: string): Promise<Stats | undefined> =>
  attempt(path, 'looked at', () => statIfThereSync(path));

/**
 * The text of a plain file; undefined when it is not there.
 *
 * @param limit the most bytes that it may have, where others may have written it
 */
export const readIfThere = (path: string, limit?: number): Promise<string | undefined> =>
  attempt(path, 'read', () => readTextIfThere(path, limit));

/** Its bytes. */
export const readBytesIfThere = (path: string, limit?: number): Promise<Buffer | undefined> =>
  attempt(path, 'read', () => readBytesIfThereSync(path, limit));

/** The names in a folder, sorted; none when it is not there. */
export const namesIn = (folder: string): Promise<string[]> =>
  attempt(folder, 'read', () => {
    try {
      return readdirSync(folder).sort();
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
  });

/** Does quick work on a file; its failure is a `file-failed`. */
export function orFileFailed<T>(path: string, action: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileFailed(path, action, error);
  }
}

const attempt = <T>(path: string, action: string, work: () => T): Promise<T> =>
  new Promise((resolve) => resolve(orFileFailed(path, action, work)));

/** Whether a path was read from bytes that are no UTF-8: Node puts U+FFFD there, and finds nothing under that name. */
export const isUnreadableName = (path: string): boolean => path.includes('\uFFFD');

/** @throws MajError `file-name-unreadable` for a path in a tree that `isUnreadableName` */
export function checkName(root: string, path: string): void {
  if (isUnreadableName(path)) throw refused('file-name-unreadable', { path: join(root, path) });
}

/** Makes a folder, and the ones above it, that only its owner may enter. */
export const makePrivateFolder = (path: string): Promise<void> =>
  attempt(path, 'made', () => makeFolders(path, privateFolder));

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
    const file = openNew(temporary, mode);
    try {
      writeWholeSync(file, Buffer.from(content));
      await flush(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await removeTree(temporary);
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
  const folder = openFolder(path);
  try {
    await flush(folder);
  } finally {
    closeSync(folder);
  }
}

/** Not synchronously: a disk may take seconds. */
const flush = promisify(fsync);

/** Renames within one file system, and makes the rename durable in both folders. */
export async function renameDurably(from: string, to: string): Promise<void> {
  try {
    renameSync(from, to);
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
  const [first, second] = await Promise.all([statIfThere(a), statIfThere(b)]);
  return first !== undefined && first.dev === second?.dev;
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

/**
 * The folders that something is mounted on: they cannot be renamed. Empty where the system does not tell.
 * A bind mount of the same file system has the same device number, so comparing those is not enough.
 */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  const table = (await readIfThere('/proc/self/mountinfo')) ?? '';
  return new Set(
    table
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((path) => path !== '')
      // proc(5): blanks, tabs, line ends and backslashes are written as octal numbers.
      .map(withoutOctal),
  );
}

/** A text without the octal escapes that stand for bytes in it. */
export const withoutOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
