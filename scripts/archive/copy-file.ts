import { closeSync, fchmodSync, fstatSync, futimesSync, readSync, type Stats } from 'node:fs';
import { bytesOnDisk, holeWriter, leastHole, plainWriter } from './sparse.ts';
import { copyOpenFile, linkSync, openNew, openToRead } from '../system/symlink-safe-fs.ts';
import { identityOf, privateFile } from '../system/files.ts';

/** Bits that let a program run as its owner or group: no copy has them before it has its owner. */
export const setIdBits = 0o6000;

/**
 * The mode that a file gets which is copied, or unpacked from a backup. What runs as root, or with its group, whoever starts
 * it, is not made so: who could bring such a file there would be root. Pure.
 */
export const modeToGive = (
  { mode, uid, gid }: Pick<Stats, 'mode' | 'uid' | 'gid'>,
  asRoot: boolean,
): number => (asRoot && (uid === 0 || gid === 0) ? mode & ~setIdBits : mode);

/** The copies of files that have several names, by device and inode. */
export type FileNames = Map<string, string>;

/**
 * Copies a file with mode and time, but for setuid and setgid; holes stay holes. Another name of a file that was copied already
 * becomes another name of the copy. A target that is there is an error.
 *
 * @returns what the file that was read is: owner and mode are those of its descriptor, whatever lies under its name by now
 */
export function copyFile(from: string, to: string, names: FileNames = new Map()): Stats {
  const source = openToRead(from);
  try {
    const stats = fstatSync(source);
    const identity = stats.nlink > 1 ? identityOf(fstatSync(source, { bigint: true })) : undefined;
    const copied = identity === undefined ? undefined : names.get(identity);
    if (copied === undefined) copyOpen(source, stats, to);
    else linkSync(copied, to);
    if (identity !== undefined) names.set(identity, copied ?? to);
    return stats;
  } finally {
    closeSync(source);
  }
}

function copyOpen(source: number, stats: Stats, to: string): void {
  const target = openNew(to, privateFile);
  try {
    const isSparse = bytesOnDisk(stats) < stats.size;
    // The system's own copy has the mode of the source from the start, as a file of whoever copies, and may fill holes.
    if ((stats.mode & setIdBits) !== 0 || isSparse) copyContent(source, target, isSparse);
    else copyOpenFile(source, target);
    fchmodSync(target, stats.mode & 0o7777 & ~setIdBits);
    futimesSync(target, stats.atime, stats.mtime);
  } finally {
    closeSync(target);
  }
}

function copyContent(source: number, target: number, isSparse: boolean): void {
  const writer = isSparse ? holeWriter(target) : plainWriter(target);
  const buffer = Buffer.alloc(leastHole);
  for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer))
    writer.write(buffer.subarray(0, read));
  writer.finish();
}
