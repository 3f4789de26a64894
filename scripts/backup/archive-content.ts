import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { archiveHeader, archivePadding, type ArchiveEntry } from '../system/archives.ts';
import { fileFailed, systemErrorCode } from '../system/files.ts';
import { listedEntry, type ListedFile } from './files-list.ts';
import type { PartWriter } from './store.ts';

const chunkBytes = 256 * 1024;

/** Reads one file into the archive: exactly as many bytes as its header says, whatever happens to it meanwhile. */
export async function archiveContent<T>(
  path: string,
  full: string,
  archive: PartWriter<T>,
): Promise<'gone' | { readonly listed: ListedFile; readonly changed: boolean }> {
  const file = await openFile(full);
  if (file === undefined) return 'gone';
  try {
    const before = await file.stat();
    const entry: ArchiveEntry = {
      path,
      type: 'file',
      mode: before.mode & 0o7777,
      uid: before.uid,
      gid: before.gid,
      modifiedAt: before.mtime,
      size: before.size,
      target: null,
    };
    await archive.write(archiveHeader(entry));
    const hash = createHash('sha256');
    let read = 0;
    while (read < before.size) {
      const data = await readAt(file, full, read, Math.min(chunkBytes, before.size - read));
      // It has become shorter: zeros stand for what is not there any more.
      const taken = data.length > 0 ? data : Buffer.alloc(Math.min(chunkBytes, before.size - read));
      hash.update(taken);
      await archive.write(taken);
      read += taken.length;
    }
    await archive.write(archivePadding(before.size));
    const after = await file.stat();
    const changed = after.size !== before.size || after.mtimeMs !== before.mtimeMs;
    return { listed: listedEntry(entry, hash.digest('hex')), changed };
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileFailed(path, 'read', error);
  }
}

async function readAt(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  try {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(length), position });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}
