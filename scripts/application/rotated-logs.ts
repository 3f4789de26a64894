import { basename, dirname, extname, join } from 'node:path';
import { namesIn, statIfThere } from '../system/files.ts';

/** A file beside a log whose name begins like the log's. */
export interface FileBeside {
  readonly path: string;
  readonly bytes: number;
  readonly inode: number;
  readonly changedMs: number;
  /** Whether its name is that of a rotation, see `isRotationOf`. */
  readonly isRotation: boolean;
}

const packed = /\.(?:gz|bz2|xz|zst)$/;
const stemOf = (log: string): string => log.slice(0, log.length - extname(log).length);

/** Whether a name is that of a log that was rotated and not packed, such as `error.log.1` or `error-20261122.log`: pure. */
export function isRotationOf(name: string, log: string): boolean {
  if (packed.test(name)) return false;
  if (name.startsWith(log)) return /^[-._~]/.test(name.slice(log.length));
  const [stem, ending] = [stemOf(log), extname(log)];
  if (ending === '' || !name.startsWith(stem) || !name.endsWith(ending)) return false;
  return /^[-._]\d[-._\dT]*$/.test(name.slice(stem.length, -ending.length));
}

/** The files beside a log that it may have been renamed to, the newest first. */
export async function filesBeside(path: string): Promise<readonly FileBeside[]> {
  const [folder, log] = [dirname(path), basename(path)];
  const found: FileBeside[] = [];
  for (const name of await namesIn(folder)) {
    if (name === log || !name.startsWith(stemOf(log))) continue;
    const beside = join(folder, name);
    const stats = await statIfThere(beside);
    if (stats?.isFile() !== true) continue;
    found.push({
      path: beside,
      bytes: stats.size,
      inode: stats.ino,
      changedMs: stats.mtimeMs,
      isRotation: isRotationOf(name, log),
    });
  }
  return found.sort((a, b) => b.changedMs - a.changedMs);
}
