import { createHash } from 'node:crypto';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { note, stopIfInterrupted, warn, type Context, type Progress } from '../context.ts';
import { archiveEnd, archiveHeader, archivePadding, type ArchiveEntry } from '../system/archives.ts';
import { fileFailed, privateFile, systemErrorCode } from '../system/files.ts';
import { listLine, type ListedFile } from './files-list.ts';
import type { PartWriter } from './store.ts';
import { walk, type Walked } from './walk.ts';

/** What went into an archive. */
export interface ArchivedFiles {
  /** Entries: files, folders and links. */
  readonly count: number;
  /** Bytes of the regular files. */
  readonly bytes: number;
  readonly list: { readonly bytes: number; readonly sha256: string };
}

const chunkBytes = 256 * 1024;

/**
 * Writes a tree as a tar, and a list of what was read, hashed as it was read.
 * A file that changes while it is read is read once more (of two entries with one path the later counts, for every
 * tar); if it changes again, a warning names it. Sockets, pipes and devices are named and left out.
 *
 * @param leaveOut paths from `root` that do not belong into the archive
 */
export async function archiveFiles<T>(
  context: Context,
  root: string,
  leaveOut: ReadonlySet<string>,
  archive: PartWriter<T>,
  listPath: string,
  progress: Progress,
): Promise<ArchivedFiles> {
  const list = await open(listPath, 'wx', privateFile);
  const listHash = createHash('sha256');
  let listBytes = 0;
  let count = 0;
  let bytes = 0;
  try {
    for await (const walked of walk(root, leaveOut)) {
      stopIfInterrupted(context);
      const written = await archiveOne(context, root, walked, archive);
      if (written === undefined) continue;
      const line = Buffer.from(listLine(written));
      listHash.update(line);
      listBytes += line.length;
      await list.writeFile(line);
      count += 1;
      bytes += written.size;
      progress(bytes);
    }
    await archive.write(archiveEnd);
    await list.datasync();
  } finally {
    await list.close();
  }
  return { count, bytes, list: { bytes: listBytes, sha256: listHash.digest('hex') } };
}

async function archiveOne<T>(
  context: Context,
  root: string,
  { path, stats }: Walked,
  archive: PartWriter<T>,
): Promise<ListedFile | undefined> {
  const full = join(root, path);
  const common = { path, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, modifiedAt: stats.mtime };
  if (stats.isDirectory()) {
    const entry: ArchiveEntry = { ...common, type: 'folder', size: 0, target: null };
    await archive.write(archiveHeader(entry));
    return listed(entry, null);
  }
  if (stats.isSymbolicLink()) {
    const entry: ArchiveEntry = { ...common, type: 'link', size: 0, target: await readlink(full) };
    await archive.write(archiveHeader(entry));
    return listed(entry, null);
  }
  if (!stats.isFile()) {
    warn(context, 'not-archived', { path });
    return undefined;
  }
  const first = await archiveContent(path, full, archive);
  if (first === 'gone') return undefined;
  if (!first.changed) return first.listed;
  const second = await archiveContent(path, full, archive);
  if (second === 'gone') return first.listed;
  if (second.changed) warn(context, 'changed-while-read', { path });
  else note(context, 'read-again', { path });
  return second.listed;
}

/** Reads one file into the archive: exactly as many bytes as its header says, whatever happens to it meanwhile. */
async function archiveContent<T>(
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
    return { listed: listed(entry, hash.digest('hex')), changed };
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

const listed = (entry: ArchiveEntry, sha256: string | null): ListedFile => ({
  path: entry.path,
  type: entry.type,
  size: entry.size,
  mode: entry.mode.toString(8),
  sha256,
  target: entry.target,
});
