import { expect, it } from 'vitest';
import { isUnchanged } from '../../../scripts/release/snapshot.ts';
import type { Stamp } from '../../../scripts/release/tree.ts';

const before: Stamp = { inode: 7, bytes: 10, mtimeMs: 1000, ctimeMs: 2000 };

it.each<[string, Partial<Stamp>, number, boolean]>([
  ['nothing is different', {}, 3000, true],
  ['it was written to', { mtimeMs: 1001, ctimeMs: 3001 }, 3000, false],
  ['its time was set back, as rsync does', { ctimeMs: 3001 }, 3000, false],
  ['it was replaced by a file of the same times', { inode: 8 }, 3000, false],
  ['it has another size', { bytes: 11 }, 3000, false],
  ['it was changed in the tick in which the snapshot was begun', {}, 2000, false],
  ['it was changed while the snapshot was taken', {}, 1500, false],
])('a file is known to be unchanged or not when %s', (_, change, sinceMs, unchanged) => {
  expect(isUnchanged(before, { ...before, ...change }, sinceMs)).toBe(unchanged);
});
