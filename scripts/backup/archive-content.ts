import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { archiveHeader, archivePadding, type ArchiveEntry } from '../system/archives.ts';
import { fileFailed, systemErrorCode } from '../system/files.ts';
import type { Batch } from './batch.ts';
import { listedEntry, type ListedFile } from './files-list.ts';

/** What files are read by. One that fits is read without waiting, a larger one lets others have their turn. */
export const readBytes = 1024 * 1024;

const readInTurn = promisify(read);

/**
 * Reads one file into the archive: exactly as many bytes as its header says, whatever happens to it meanwhile.
 *
 * @param scratch `readBytes` long, and nobody else's until this is done
 * @returns what was read, and whether the file changed while it was
 */
export async function archiveContent(
  path: string,
  full: string,
  archive: Batch,
  scratch: Buffer,
): Promise<'gone' | { readonly listed: ListedFile; readonly changed: boolean }> {
  const file = openFile(full);
  if (file === undefined) return 'gone';
  try {
    const before = fstatSync(file);
    const entry = entryOf(path, before);
    const hash = createHash('sha256');
    await archive.add(archiveHeader(entry));
    for (let done = 0; done < before.size;) {
      const wanted = Math.min(readBytes, before.size - done);
      const got = await readAt(file, full, scratch, wanted, done, before.size);
      // It has become shorter: zeros stand for what is not there any more.
      const data = got > 0 ? scratch.subarray(0, got) : scratch.subarray(0, wanted).fill(0);
      hash.update(data);
      await archive.add(data);
      done += data.length;
    }
    await archive.add(archivePadding(before.size));
    const after = fstatSync(file);
    const changed = after.size !== before.size || after.mtimeMs !== before.mtimeMs;
    return { listed: listedEntry(entry, hash.digest('hex')), changed };
  } finally {
    closeSync(file);
  }
}

/** What an archive keeps of any entry, whatever its type. */
export const attributesOf = (
  path: string,
  stats: Stats,
): Pick<ArchiveEntry, 'path' | 'mode' | 'uid' | 'gid' | 'modifiedAt'> => ({
  path,
  mode: stats.mode & 0o7777,
  uid: stats.uid,
  gid: stats.gid,
  // To the millisecond before: Node rounds its own `mtime`, which may be of the next second.
  modifiedAt: new Date(Math.floor(stats.mtimeMs)),
});

const entryOf = (path: string, stats: Stats): ArchiveEntry => ({
  ...attributesOf(path, stats),
  type: 'file',
  size: stats.size,
  target: null,
});

function openFile(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileFailed(path, 'read', error);
  }
}

async function readAt(
  file: number,
  path: string,
  into: Buffer,
  wanted: number,
  position: number,
  fileBytes: number,
): Promise<number> {
  try {
    if (fileBytes <= readBytes) return readSync(file, into, 0, wanted, position);
    return (await readInTurn(file, into, 0, wanted, position)).bytesRead;
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}
