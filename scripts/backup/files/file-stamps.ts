import type { BigIntStats } from 'node:fs';
import { readStreamOf } from '../../system/symlink-safe-fs.ts';
import { listLine, parseListLine, type ListedFile } from './files-list.ts';

/** A thing that was archived, and how it looked right before: enough to tell later, without reading it, whether it is the same. */
export interface Looked {
  readonly path: string;
  /** See `stampOf`; null: it may have been changed once more without a trace. */
  readonly stamp: string | null;
  /** Bytes of its holes. */
  readonly holes: number;
  readonly listed: ListedFile;
}

/**
 * What changes when a thing does, exactly: who writes to it can set its times back but for the last one (`ctime`), and cannot
 * give it the former inode.
 */
export const stampOf = (stats: BigIntStats): string =>
  [
    stats.dev,
    stats.ino,
    stats.mode,
    stats.nlink,
    stats.uid,
    stats.gid,
    stats.size,
    stats.mtimeNs,
    stats.ctimeNs,
  ].join(':');

/**
 * How long before the first look something must have been changed last for its times to tell of the next change. File systems
 * write down the time of the kernel's last tick, some milliseconds ago; the coarsest (FAT) write down every second second.
 */
const coarsestTickMs = 2000;

/**
 * The stamp of a thing; null where a change that comes after the look may leave the same one, because the last one came in
 * the same tick.
 *
 * @param sinceMs when the first look was begun, by the clock on the wall
 */
export function firstStamp(stats: BigIntStats, sinceMs: number): string | null {
  const settled = BigInt(sinceMs - coarsestTickMs);
  return stats.ctimeMs < settled && stats.mtimeMs < settled ? stampOf(stats) : null;
}

/** One line of the record of a first look; the line of `files.list` is the end of it. */
export const lookedLine = ({ stamp, holes, listed }: Omit<Looked, 'path'>): string =>
  `${stamp ?? noStamp} ${holes} ${listLine(listed)}`;

const noStamp = '-';

/** Reads such a line, without its end. */
export function parseLooked(line: string): Looked {
  const [stamp = '', holes = ''] = line.split(' ', 2);
  const listed = parseListLine(line.slice(stamp.length + holes.length + 2));
  if (listed === undefined) throw new Error('the record of the archived files is damaged');
  return { path: listed.path, stamp: stamp === noStamp ? null : stamp, holes: Number(holes), listed };
}

/** Reads a record, in the order in which it was written. */
export async function* readLooked(path: string): AsyncGenerator<Looked> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of readStreamOf(path, 1024 * 1024) as AsyncIterable<Buffer>) {
    const data = Buffer.concat([rest, piece]);
    let at = 0;
    for (let end = data.indexOf(lineEnd); end >= 0; end = data.indexOf(lineEnd, at)) {
      yield parseLooked(data.toString('utf8', at, end));
      at = end + 1;
    }
    rest = data.subarray(at);
  }
}

const lineEnd = 0x0a;
