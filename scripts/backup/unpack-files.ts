import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fchownSync, futimesSync, openSync } from 'node:fs';
import { chmod, chown, lchown, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../context.ts';
import { readArchive, type ArchiveEntry } from '../system/archives.ts';
import { fileFailed, readIfThere, systemErrorCode, writeWholeSync } from '../system/files.ts';
import { runsAsRoot } from '../system/identity.ts';
import { readStored, type Codec } from './codec.ts';
import { entryDifference, listedEntry, parseFilesList } from './files-list.ts';
import type { Backup } from './list.ts';
import type { Manifest } from './manifest.ts';

/**
 * Unpacks the files archive of a backup into an empty folder and compares what it unpacks with the list, as it does.
 * Links are made after everything else, so that nothing is ever written through one; modes of folders come last.
 * Nothing is flushed to disk: that takes one call for all of it, and is the caller's.
 *
 * @returns what is not as listed; empty when all is well
 */
export async function unpackFiles(
  backup: Backup,
  files: NonNullable<Manifest['files']>,
  codec: Codec,
  root: string,
  progress: Progress,
): Promise<readonly string[]> {
  const listed = parseFilesList((await readIfThere(join(backup.folder, files.list.name))) ?? '');
  if (listed === undefined) return [`${files.list.name} is not a list`];
  const differences = new Map<string, string>([...listed.keys()].map((path) => [path, 'is missing']));
  const later: ArchiveEntry[] = [];
  let done = 0;
  const archive = readStored(join(backup.folder, files.archive.name), codec);
  await readArchive(archive, async (entry, content) => {
    if (!staysWithin(entry.path)) throw new Error(`${entry.path} leaves the folder`);
    const sha256 = entry.type === 'file' ? await writeFile(root, entry, content) : null;
    if (entry.type === 'folder') await makeFolder(join(root, entry.path));
    if (entry.type !== 'file') later.push(entry);
    const difference = entryDifference(listed.get(entry.path), listedEntry(entry, sha256));
    if (difference === undefined) differences.delete(entry.path);
    else differences.set(entry.path, difference);
    progress((done += entry.size), files.bytes);
  });
  for (const entry of later.reverse()) await finishEntry(root, entry);
  return [...differences].map(([path, difference]) => `${path} ${difference}`);
}

/** Whether a path names something below the folder that it starts from. */
function staysWithin(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileFailed(path, 'made', error);
  }
}

async function writeFile(root: string, entry: ArchiveEntry, content: AsyncIterable<Buffer>): Promise<string> {
  const path = join(root, entry.path);
  const hash = createHash('sha256');
  try {
    const file = await openNew(path);
    // Synchronous calls: each is quick, and there is a wait before every piece of content.
    try {
      for await (const data of content) {
        hash.update(data);
        writeWholeSync(file, data);
      }
      if (runsAsRoot()) fchownSync(file, entry.uid, entry.gid);
      fchmodSync(file, entry.mode);
      futimesSync(file, entry.modifiedAt, entry.modifiedAt);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileFailed(path, 'written', error);
  }
  return hash.digest('hex');
}

/** Opens for writing; a file that comes twice in the archive is written again, and the later one stays. */
async function openNew(path: string): Promise<number> {
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return openSync(path, 'w', 0o600);
  }
}

/** Makes links, and gives folders what they would not let us write with. */
async function finishEntry(root: string, entry: ArchiveEntry): Promise<void> {
  const path = join(root, entry.path);
  try {
    if (entry.type === 'link') {
      await symlink(entry.target ?? '', path);
      if (runsAsRoot()) await lchown(path, entry.uid, entry.gid);
      return;
    }
    if (runsAsRoot()) await chown(path, entry.uid, entry.gid);
    await chmod(path, entry.mode);
    await utimes(path, entry.modifiedAt, entry.modifiedAt);
  } catch (error) {
    throw fileFailed(path, 'written', error);
  }
}
