import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  utimesSync,
} from 'node:fs';
import { identityOf } from '../system/files.ts';
import { bytesOnDisk, holeWriter, leastHole, plainWriter } from '../system/sparse.ts';

/** Bits that let a program run as its owner or group: no copy has them before it has its owner. */
export const setIdBits = 0o6000;

/** Under this path an open file can be copied by its number, whatever lies under its name by now. */
const openFiles = existsSync('/proc/self/fd') ? '/proc/self/fd' : undefined;

/** The copies of files that have several names, by device and inode. */
export type FileNames = Map<string, string>;

/**
 * Copies a file with mode and time, but for setuid and setgid; holes stay holes. Another name of a file that was copied already
 * becomes another name of the copy. Neither end is reached through a link that took the place of
 * the file, for the application runs and maj may be root: such a source, and a target that is there, are errors.
 */
export function copyFile(from: string, to: string, mode: number, names: FileNames = new Map()): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(source);
    if (!stats.isFile()) return;
    const identity = stats.nlink > 1 ? identityOf(fstatSync(source, { bigint: true })) : undefined;
    const copied = identity === undefined ? undefined : names.get(identity);
    if (copied !== undefined) return linkSync(copied, to);
    if (identity !== undefined) names.set(identity, to);
    const isSparse = bytesOnDisk(stats) < stats.size;
    if ((stats.mode & setIdBits) !== 0 || isSparse) copyContent(source, to, isSparse);
    else {
      const path = openFiles === undefined ? from : `${openFiles}/${source}`;
      copyFileSync(path, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    }
    chmodSync(to, mode & ~setIdBits);
    utimesSync(to, stats.atime, stats.mtime);
  } finally {
    closeSync(source);
  }
}

/** The system's own copy has the mode of the source from the start, as a file of whoever copies, and may fill holes. */
function copyContent(source: number, to: string, isSparse: boolean): void {
  const target = openSync(to, 'wx', 0o600);
  try {
    const writer = isSparse ? holeWriter(target) : plainWriter(target);
    const buffer = Buffer.alloc(leastHole);
    for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer))
      writer.write(buffer.subarray(0, read));
    writer.finish();
  } finally {
    closeSync(target);
  }
}
