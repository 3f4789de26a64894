import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { statBlockBytes } from '../archive/sparse.ts';
import { isBackupId, partialSuffix } from '../backup/layout.ts';
import { manifestName, parseManifest } from '../backup/manifest.ts';
import { isAbandoned } from '../backup/partial.ts';
import { createBreather } from '../core/clock.ts';
import { lstatExactly } from '../system/symlink-safe-fs.ts';
import { identityOf, namesIn, orFileFailed, readIfThere } from '../system/files.ts';

/** Bytes on disk. */
interface DiskUsage {
  /** What removing the folder would free. */
  readonly own: number;
  /** What other backups hold as well, by hard links: of files that have more names than are in the folder. */
  readonly shared: number;
  /** Of the files that had not been counted before. */
  readonly once: number;
}

/**
 * What a folder takes on disk.
 *
 * @param counted the files that were counted already, by device and inode; filled
 */
export async function diskUsage(folder: string, counted = new Set<string>()): Promise<DiskUsage> {
  const files = new Map<string, { bytes: number; links: number; names: number }>();
  await visit(folder, createBreather(), (stats) => {
    const key = identityOf(stats);
    const known = files.get(key);
    if (known !== undefined) known.names += 1;
    else
      files.set(key, {
        bytes: Number(stats.blocks) * statBlockBytes,
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

async function visit(
  path: string,
  breathe: () => Promise<void>,
  see: (stats: BigIntStats) => void,
): Promise<void> {
  await breathe();
  const stats = orFileFailed(path, 'looked at', () => lstatExactly(path));
  // A backup that is being written, or removed, changes meanwhile.
  if (stats === undefined) return;
  see(stats);
  if (!stats.isDirectory()) return;
  for (const name of await namesIn(path)) await visit(join(path, name), breathe, see);
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
