import { createHash } from 'node:crypto';
import { closeSync, fstatSync, read, readSync, type BigIntStats, type Stats } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  archiveEnd,
  archiveHeader,
  archivePadding,
  storedBytes,
  type ArchiveEntry,
} from '../../archive/archives.ts';
import { bytesOnDisk, extentsOf, zeroPieces } from '../../archive/sparse.ts';
import { createBreather } from '../../core/clock.ts';
import { note, stopIfInterrupted, warn, type Context, type TellProgress } from '../../core/context.ts';
import { createWriteBatch, type Batch, type PartWriter } from '../../dump/store.ts';
import type { Attributes } from '../../system/acl.ts';
import { attributeKeeper, noAttributes, type AttributeKeeper } from '../../system/attributes.ts';
import { lstatExactly, openPlain, readlinkSync } from '../../system/symlink-safe-fs.ts';
import { fileFailed, identityOf, systemErrorCode } from '../../system/files.ts';
import { createList, listedEntry, type ArchivedFiles, type ListedFile } from './files-list.ts';
import { outsideLink, type OutsideLink } from './outside-links.ts';
import { walk, type Walked } from './walk.ts';

/** How many links are named: a warning is read by somebody. */
const mostNamed = 5;

/** What of a tree is archived. */
export interface ArchivedTree {
  /** Absolute and without links. */
  readonly root: string;
  /** Paths from the root that do not belong into the archive. */
  readonly leaveOut: ReadonlySet<string>;
}

/** A thing that went into an archive. */
export type Written = Pick<ReadFile, 'listed' | 'holes'>;

/** Writes a tree as a tar, and a list of what was read, hashed as it was read. */
export async function archiveFiles<T>(
  context: Context,
  tree: ArchivedTree,
  writer: PartWriter<T>,
  listPath: string,
  progress: TellProgress,
): Promise<ArchivedFiles> {
  const list = await createList(listPath);
  try {
    const things = walk(tree.root, tree.leaveOut);
    await archiveEntries(context, tree, things, writer, (written) => list.add(written), progress);
    return await list.finish();
  } finally {
    await list.close();
  }
}

/**
 * Writes things of a tree as a tar.
 * A file that changes while it is read is read once more (of two entries with one path the later counts, for every
 * tar); if it changes again, a warning names it. Sockets, pipes and devices are named and left out. Links are archived as
 * such: those whose content is not in the archive are named. Of several names of a file the later ones are archived as names.
 * Extended attributes are read for some thousand things at a time, shortly before these are archived.
 *
 * @param keep is told what was written, a thing after the other
 */
export async function archiveEntries<T>(
  context: Context,
  { root, leaveOut }: ArchivedTree,
  things: AsyncIterable<Walked> | Iterable<Walked>,
  writer: PartWriter<T>,
  keep: (written: Written, walked: Walked) => Promise<void>,
  progress: TellProgress,
): Promise<void> {
  const archive = createWriteBatch({
    write: (data) => {
      // One file may be most of it.
      stopIfInterrupted(context);
      return writer.write(data);
    },
  });
  const outside: OutsideLink[] = [];
  const keeper = await attributeKeeper(context);
  const reading: Reading = { context, root, archive, names: new Map() };
  let bytes = 0;
  for await (const { things: some, attributes } of withAttributes(keeper, root, things)) {
    for (const walked of some) {
      stopIfInterrupted(context);
      const written = await archiveOne(reading, walked, attributes.get(walked.path) ?? noAttributes);
      if (written === undefined) continue;
      const { listed } = written;
      const link = listed.type === 'link' ? outsideLink(root, walked.path, leaveOut) : undefined;
      if (link !== undefined) outside.push(link);
      await keep(written, walked);
      progress((bytes += listed.size));
    }
  }
  await archive.add(archiveEnd);
  await archive.flush();
  keeper.tell();
  if (outside.length > 0)
    warn(context, 'links-lead-out', { links: outside.slice(0, mostNamed), count: outside.length });
}

interface Chunk {
  readonly things: readonly Walked[];
  readonly attributes: ReadonlyMap<string, Attributes>;
}

/** Reads the attributes of the next things while those before are archived. */
async function* withAttributes(
  keeper: AttributeKeeper,
  root: string,
  walked: AsyncIterable<Walked> | Iterable<Walked>,
): AsyncGenerator<Chunk> {
  let before: (() => Promise<Chunk>) | undefined;
  for await (const things of inChunks(walked)) {
    const attributes = keeper.read(
      root,
      things.map(({ path }) => path),
    );
    // It may fail before it is awaited.
    attributes.catch(() => undefined);
    if (before !== undefined) yield await before();
    before = async () => ({ things, attributes: await attributes });
  }
  if (before !== undefined) yield await before();
}

/**
 * Things are looked at and archived so many at a time, or until their content comes to so much: meanwhile they may change.
 * To start a process takes as long as to archive some hundred small files.
 */
const chunk = { things: 8000, bytes: 64 * 1024 * 1024 };

async function* inChunks(
  things: AsyncIterable<Walked> | Iterable<Walked>,
): AsyncGenerator<readonly Walked[]> {
  let some: Walked[] = [];
  let bytes = 0;
  for await (const thing of things) {
    some.push(thing);
    bytes += Number(thing.stats.size);
    if (some.length < chunk.things && bytes < chunk.bytes) continue;
    yield some;
    some = [];
    bytes = 0;
  }
  yield some;
}

/** What all entries of an archive are written with. */
interface Reading {
  readonly context: Context;
  readonly root: string;
  readonly archive: Batch;
  /** The path that a file with several names was archived under, by its identity. */
  readonly names: Map<string, string>;
}

async function archiveOne(
  reading: Reading,
  { path, stats }: Walked,
  attributes: Attributes,
): Promise<Written | undefined> {
  const { context, archive, names } = reading;
  const full = join(reading.root, path);
  const add = async (entry: ArchiveEntry): Promise<Written> => {
    await archive.add(archiveHeader(entry));
    return { listed: listedEntry(entry, null), holes: 0 };
  };
  const common = { ...commonOf(path, stats), attributes };
  if (stats.isDirectory()) return add({ ...common, type: 'folder' });
  if (stats.isSymbolicLink()) {
    const target = targetOf(full);
    return target === undefined ? undefined : add({ ...common, type: 'link', target });
  }
  if (!stats.isFile()) {
    warn(context, 'not-archived', { path });
    return undefined;
  }
  if (stats.nlink > 1n) {
    const same = lstatExactly(full);
    const target = same === undefined ? undefined : names.get(identityOf(same));
    // Its attributes come with the name that it is a name beside.
    if (target !== undefined) return add({ ...common, attributes: noAttributes, type: 'hardlink', target });
  }
  const first = await archiveFile(reading, path, full, attributes);
  if (first?.changed !== true) return first;
  const second = await archiveFile(reading, path, full, attributes);
  if (second === undefined) return first;
  if (second.changed) warn(context, 'changed-while-read', { path });
  else note(context, 'read-again', { path });
  return second;
}

async function archiveFile(
  { context, archive, names }: Reading,
  path: string,
  full: string,
  attributes: Attributes,
): Promise<ReadFile | undefined> {
  const read = await archiveContent(path, full, attributes, archive);
  if (read === 'gone') return undefined;
  if (read === 'other') {
    warn(context, 'changed-type', { path });
    return undefined;
  }
  if (read.identity !== undefined) names.set(read.identity, path);
  return read;
}

/** What a link points to; undefined when it is not there any more. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileFailed(path, 'read', error);
  }
}

/** A file up to this is read without waiting, a larger one lets others have their turn. */
const readAtOnce = 1024 * 1024;

const readInTurn = promisify(read);

/** A file as it was read into an archive. */
interface ReadFile {
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
 * @returns what was read; `gone`: the file is not there any more; `other`: something else is
 */
async function archiveContent(
  path: string,
  full: string,
  attributes: Attributes,
  archive: Batch,
): Promise<'gone' | 'other' | ReadFile> {
  const opened = openFile(full);
  if (typeof opened === 'string') return opened;
  const { file, stats: before } = opened;
  try {
    const extents =
      bytesOnDisk(before) < before.size ? await extentsOf(file, before.size, createBreather()) : undefined;
    const entry: ArchiveEntry = {
      ...commonOf(path, before),
      type: 'file',
      size: before.size,
      attributes,
      extents: extents ?? null,
    };
    const hash = createHash('sha256');
    await archive.add(archiveHeader(entry));
    let at = 0;
    for (const { offset, length } of extents ?? [{ offset: 0, length: before.size }]) {
      for (const zeros of zeroPieces(offset - at)) hash.update(zeros);
      for (at = offset; at < offset + length;) {
        const room = (await archive.room()).subarray(0, offset + length - at);
        const got = await readAt(file, full, room, at, before.size);
        // It has become shorter: zeros stand for what is not there any more.
        const data = got > 0 ? room.subarray(0, got) : room.fill(0);
        hash.update(data);
        archive.took(data.length);
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
const commonOf = (path: string, stats: Stats | BigIntStats): Omit<ArchiveEntry, 'type'> => ({
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
  position: number,
  fileBytes: number,
): Promise<number> {
  try {
    if (fileBytes <= readAtOnce) return readSync(file, into, 0, into.length, position);
    return (await readInTurn(file, into, 0, into.length, position)).bytesRead;
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}
