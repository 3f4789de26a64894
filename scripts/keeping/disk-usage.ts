import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isBackupId, partialSuffix } from '../backup/layout.ts';
import { manifestName, parseManifest } from '../backup/manifest.ts';
import { isAbandoned } from '../backup/partial.ts';
import { fileFailed, namesIn, readIfThere, systemErrorCode } from '../system/files.ts';

/** Bytes on disk. */
interface DiskUsage {
  /** What removing the folder would free. */
  readonly own: number;
  /** What other backups hold as well, by hard links. */
  readonly shared: number;
}

/** stat(2): blocks are counted in units of 512 bytes, whatever those of the file system are. */
const blockBytes = 512;

/**
 * What a folder takes on disk. A file is shared when it has more names than are in this folder.
 *
 * @param counted the files that were counted already, by device and inode; filled
 * @returns with `once`: the bytes of the files that had not been counted before
 */
export async function diskUsage(
  folder: string,
  counted = new Set<string>(),
): Promise<DiskUsage & { readonly once: number }> {
  const files = new Map<string, { bytes: number; links: number; names: number }>();
  await visit(folder, (stats) => {
    const key = `${stats.dev} ${stats.ino}`;
    const known = files.get(key);
    if (known !== undefined) known.names += 1;
    else
      files.set(key, {
        bytes: Number(stats.blocks) * blockBytes,
        links: stats.isDirectory() ? 1 : Number(stats.nlink),
        names: 1,
      });
  });
  const usage = { own: 0, shared: 0, once: 0 };
  for (const [key, { bytes, links, names }] of files) {
    usage[links > names ? 'shared' : 'own'] += bytes;
    if (!counted.has(key)) usage.once += bytes;
    counted.add(key);
  }
  return usage;
}

async function visit(path: string, see: (stats: BigIntStats) => void): Promise<void> {
  const stats = await statsOf(path);
  if (stats === undefined) return;
  see(stats);
  if (!stats.isDirectory()) return;
  for (const name of await namesIn(path)) await visit(join(path, name), see);
}

/** A backup that is being written, or removed, changes meanwhile. */
async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileFailed(path, 'looked at', error);
  }
}

/** What stands among the backups and is none. */
interface OtherFolder {
  /** The folder's name. */
  readonly id: string;
  /** Without a manifest; without one yet; with one that cannot be read. */
  readonly what: 'incomplete' | 'being-written' | 'damaged';
}

/** The folders that have the name of a backup and are no complete one, in the order of their names. */
export async function otherFolders(backups: string): Promise<OtherFolder[]> {
  const others: OtherFolder[] = [];
  for (const id of await namesIn(backups)) {
    const path = join(backups, id);
    if (isBackupId(id)) {
      const text = await readIfThere(join(path, manifestName));
      if (text === undefined) others.push({ id, what: 'incomplete' });
      else if (parseManifest(text) === undefined) others.push({ id, what: 'damaged' });
    } else if (id.endsWith(partialSuffix) && isBackupId(id.slice(0, -partialSuffix.length))) {
      others.push({ id, what: (await isAbandoned(path)) ? 'incomplete' : 'being-written' });
    }
  }
  return others;
}
