import type { BigIntStats } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstStamp, lookedLine, parseLooked, stampOf } from '../../../scripts/backup/files/file-stamps.ts';

const began = Date.parse('2026-11-22T12:00:00.000Z');
const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** A file as it is looked at, by the times of its content and of itself, in milliseconds from when the first look began. */
function statsAt(mtime: number, ctime: number, more: Readonly<Record<string, bigint>> = {}): BigIntStats {
  const times = { mtimeMs: BigInt(began + mtime), ctimeMs: BigInt(began + ctime) };
  const exact = { mtimeNs: ns(began + mtime), ctimeNs: ns(began + ctime) };
  const rest = { dev: 1n, ino: 2n, mode: 0o100644n, nlink: 1n, uid: 0n, gid: 0n, size: 5n };
  // What is read of it, and no more.
  return { ...rest, ...times, ...exact, ...more } as unknown as BigIntStats;
}

describe('the stamp of a first look', () => {
  test.each([
    ['was changed long before', -60_000, -60_000, true],
    ['was changed two seconds and a tick before', -2001, -2001, true],
    ['was changed within two seconds', -2000, -2000, false],
    ['was changed in the very moment', 0, 0, false],
    ['was changed since the look was begun', 10, 10, false],
    ['was changed, and its times set back', -60_000, -5, false],
    ['has a time to come', 60_000, -60_000, false],
  ])('of what %s counts: %#', (_, mtime, ctime, counts) => {
    const stats = statsAt(mtime, ctime);
    expect(firstStamp(stats, began)).toBe(counts ? stampOf(stats) : null);
  });

  const same = statsAt(-60_000, -60_000);
  test.each([
    ['device', { dev: 9n }],
    ['inode', { ino: 3n }],
    ['mode', { mode: 0o100640n }],
    ['number of names', { nlink: 2n }],
    ['owner', { uid: 33n }],
    ['group', { gid: 33n }],
    ['size', { size: 6n }],
    ['content, a nanosecond later', { mtimeNs: same.mtimeNs + 1n }],
    ['attributes, a nanosecond later', { ctimeNs: same.ctimeNs + 1n }],
  ])('is another one with another %s', (_, more) => {
    expect(stampOf(statsAt(-60_000, -60_000, more))).not.toBe(stampOf(same));
  });

  test('tells inodes apart that are one number of JavaScript', () => {
    const stampOfInode = (ino: bigint): string => stampOf(statsAt(-60_000, -60_000, { ino }));
    expect(stampOfInode(2n ** 60n)).not.toBe(stampOfInode(2n ** 60n + 1n));
  });
});

test.each(['a', 'with blanks 1 {"path"', 'line\nend \u2028', 'é☃'])(
  'a record is read as it was written: %j',
  (path) => {
    const listed = { path, type: 'file', size: 7, mode: '644', sha256: 'x', target: null } as const;
    for (const stamp of ['1:2:3', null]) {
      const line = lookedLine({ stamp, holes: 4096, listed });
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(parseLooked(line.slice(0, -1))).toEqual({ path, stamp, holes: 4096, listed });
    }
  },
);
