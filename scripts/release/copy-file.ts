import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  utimesSync,
} from 'node:fs';
import { writeWholeSync } from '../system/files.ts';

/** Bits that let a program run as its owner or group: no copy has them before it has its owner. */
export const setIdBits = 0o6000;

/** Under this path an open file can be copied by its number, whatever lies under its name by now. */
const openFiles = existsSync('/proc/self/fd') ? '/proc/self/fd' : undefined;

/**
 * Copies a file with mode and time, but for setuid and setgid. Neither end is reached through a link that took the place of
 * the file, for the application runs and maj may be root: such a source, and a target that is there, are errors.
 */
export function copyFile(from: string, to: string, mode: number): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(source);
    if (!stats.isFile()) return;
    if ((stats.mode & setIdBits) !== 0) copyContent(source, to);
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

/** The system's own copy has the mode of the source from the start, as a file of whoever copies. */
function copyContent(source: number, to: string): void {
  const target = openSync(to, 'wx', 0o600);
  try {
    const buffer = Buffer.alloc(1_000_000);
    for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer))
      writeWholeSync(target, buffer.subarray(0, read));
  } finally {
    closeSync(target);
  }
}
