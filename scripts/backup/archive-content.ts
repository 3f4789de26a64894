import { createHash } from 'node:crypto';
import { closeSync, fstatSync, read, readSync, type BigIntStats, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { archiveHeader, archivePadding, storedBytes, type ArchiveEntry } from '../system/archives.ts';
import { noAttributes, type Attributes } from '../system/attributes.ts';
import { openPlain } from '../system/beneath.ts';
import { createBreather } from '../system/breather.ts';
import { fileFailed, identityOf, systemErrorCode } from '../system/files.ts';
import { bytesOnDisk, extentsOf, zeroPieces } from '../system/sparse.ts';
import type { Batch } from './batch.ts';
import { listedEntry, type ListedFile } from './files-list.ts';

/** What files are read by. One that fits is read without waiting, a larger one lets others have their turn. */
export const readBytes = 1024 * 1024;

const readInTurn = promisify(read);

/** A file as it was read into an archive. */
export interface ReadFile {
  readonly listed: ListedFile;
  /** Whether it changed while it was read. */
  readonly changed: boolean;
  /** Bytes of its holes, which the archive has not. */
  readonly holes: number;
  /** What tells the names of one file from those of others; undefined where it has one name only. */
  readonly identity: string | undefined;
}

/**
 * Reads one file into the archive: exactly as many bytes as its header says, whatever happens to it meanwhile. Of a sparse
 * file only that is stored in which there is something; its sum is that of all of it.
 *
 * @param scratch `readBytes` long, and nobody else's until this is done
 * @returns what was read; `gone`: the file is not there any more; `other`: something else is
 */
export async function archiveContent(
  path: string,
  full: string,
  attributes: Attributes,
  archive: Batch,
  scratch: Buffer,
): Promise<'gone' | 'other' | ReadFile> {
  const opened = openFile(full);
  if (typeof opened === 'string') return opened;
  const { file, stats: before } = opened;
  try {
    const extents =
      bytesOnDisk(before) < before.size ? await extentsOf(file, before.size, createBreather()) : undefined;
    const entry = entryOf(path, before, attributes, extents ?? null);
    const hash = createHash('sha256');
    await archive.add(archiveHeader(entry));
    let at = 0;
    for (const { offset, length } of extents ?? [{ offset: 0, length: before.size }]) {
      for (const zeros of zeroPieces(offset - at)) hash.update(zeros);
      for (at = offset; at < offset + length;) {
        const wanted = Math.min(readBytes, offset + length - at);
        const got = await readAt(file, full, scratch, wanted, at, before.size);
        // It has become shorter: zeros stand for what is not there any more.
        const data = got > 0 ? scratch.subarray(0, got) : scratch.subarray(0, wanted).fill(0);
        hash.update(data);
        await archive.add(data);
        at += data.length;
      }
    }
    for (const zeros of zeroPieces(before.size - at)) hash.update(zeros);
    const stored = storedBytes(entry);
    await archive.add(archivePadding(stored));
    const after = fstatSync(file);
    return {
      listed: listedEntry(entry, hash.digest('hex')),
      changed: after.size !== before.size || after.mtimeMs !== before.mtimeMs,
      holes: before.size - stored,
      identity: before.nlink > 1 ? identityOf(fstatSync(file, { bigint: true })) : undefined,
    };
  } finally {
    closeSync(file);
  }
}

/** What an archive keeps of any entry, whatever its type; there is no content. */
export const commonOf = (path: string, stats: Stats | BigIntStats): Omit<ArchiveEntry, 'type'> => ({
  path,
  mode: Number(stats.mode) & 0o7777,
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  // To the millisecond before: Node rounds its own `mtime`, which may be of the next second.
  modifiedAt: new Date(Math.floor(Number(stats.mtimeMs))),
  size: 0,
  target: null,
  attributes: noAttributes,
  extents: null,
});

const entryOf = (
  path: string,
  stats: Stats,
  attributes: Attributes,
  extents: ArchiveEntry['extents'],
): ArchiveEntry => ({
  ...commonOf(path, stats),
  type: 'file',
  size: stats.size,
  attributes,
  extents,
});

/** What was a file when it was looked at may be a link or a pipe by now: such a link is not followed, nor is it waited. */
function openFile(path: string): ReturnType<typeof openPlain> | 'gone' | 'other' {
  try {
    return openPlain(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone';
    if (code === 'ELOOP' || code === 'ENXIO' || code === 'EINVAL') return 'other';
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
