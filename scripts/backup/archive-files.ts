import { createHash } from 'node:crypto';
import { open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { note, stopIfInterrupted, warn, type Context, type Progress } from '../context.ts';
import { archiveEnd, archiveHeader, type ArchiveEntry } from '../system/archives.ts';
import { privateFile } from '../system/files.ts';
import { createBatch, type Batch } from './batch.ts';
import { archiveContent, attributesOf, readBytes } from './archive-content.ts';
import { listedEntry, listLine, type ListedFile } from './files-list.ts';
import { outsideLink, type OutsideLink } from './outside-links.ts';
import type { PartWriter } from './store.ts';
import { walk, type Walked } from './walk.ts';

/** How many links are named: a warning is read by somebody. */
const mostNamed = 5;

/** What went into an archive. */
export interface ArchivedFiles {
  /** Entries: files, folders and links. */
  readonly count: number;
  /** Bytes of the regular files. */
  readonly bytes: number;
  readonly list: { readonly bytes: number; readonly sha256: string };
}

/**
 * Writes a tree as a tar, and a list of what was read, hashed as it was read.
 * A file that changes while it is read is read once more (of two entries with one path the later counts, for every
 * tar); if it changes again, a warning names it. Sockets, pipes and devices are named and left out. Links are archived as
 * such: those whose content is not in the archive are named.
 *
 * @param leaveOut paths from `root` that do not belong into the archive
 */
export async function archiveFiles<T>(
  context: Context,
  root: string,
  leaveOut: ReadonlySet<string>,
  writer: PartWriter<T>,
  listPath: string,
  progress: Progress,
): Promise<ArchivedFiles> {
  const archive = createBatch({
    write: (data) => {
      // One file may be most of it.
      stopIfInterrupted(context);
      return writer.write(data);
    },
  });
  const scratch = Buffer.allocUnsafeSlow(readBytes);
  const realRoot = await realpath(root);
  const list = await open(listPath, 'wx', privateFile);
  const lines = createBatch({ write: (data) => list.writeFile(data) });
  const listHash = createHash('sha256');
  let listBytes = 0;
  const outside: OutsideLink[] = [];
  let count = 0;
  let bytes = 0;
  try {
    for await (const walked of walk(root, leaveOut)) {
      stopIfInterrupted(context);
      const written = await archiveOne(context, root, walked, archive, scratch);
      if (written === undefined) continue;
      const link = written.type === 'link' ? outsideLink(realRoot, walked.path, leaveOut) : undefined;
      if (link !== undefined) outside.push(link);
      const line = Buffer.from(listLine(written));
      listHash.update(line);
      listBytes += line.length;
      await lines.add(line);
      count += 1;
      bytes += written.size;
      progress(bytes);
    }
    await archive.add(archiveEnd);
    await archive.flush();
    await lines.flush();
    await list.datasync();
  } finally {
    await list.close();
  }
  if (outside.length > 0)
    warn(context, 'links-lead-out', { links: outside.slice(0, mostNamed), count: outside.length });
  return { count, bytes, list: { bytes: listBytes, sha256: listHash.digest('hex') } };
}

async function archiveOne(
  context: Context,
  root: string,
  { path, stats }: Walked,
  archive: Batch,
  scratch: Buffer,
): Promise<ListedFile | undefined> {
  const full = join(root, path);
  const common = attributesOf(path, stats);
  if (stats.isDirectory()) {
    const entry: ArchiveEntry = { ...common, type: 'folder', size: 0, target: null };
    await archive.add(archiveHeader(entry));
    return listedEntry(entry, null);
  }
  if (stats.isSymbolicLink()) {
    const entry: ArchiveEntry = { ...common, type: 'link', size: 0, target: await readlink(full) };
    await archive.add(archiveHeader(entry));
    return listedEntry(entry, null);
  }
  if (!stats.isFile()) {
    warn(context, 'not-archived', { path });
    return undefined;
  }
  const first = await archiveContent(path, full, archive, scratch);
  if (first === 'gone') return undefined;
  if (!first.changed) return first.listed;
  const second = await archiveContent(path, full, archive, scratch);
  if (second === 'gone') return first.listed;
  if (second.changed) warn(context, 'changed-while-read', { path });
  else note(context, 'read-again', { path });
  return second.listed;
}
