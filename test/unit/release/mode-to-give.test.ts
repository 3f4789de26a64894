import { expect, test } from 'vitest';
import { modeToGive } from '../../../scripts/archive/copy-file.ts';

test.each([
  ['a program that runs as root', { mode: 0o4755, uid: 0, gid: 0 }, true, 0o755],
  ['one of root’s group', { mode: 0o2755, uid: 33, gid: 0 }, true, 0o755],
  ['one of root’s with another group', { mode: 0o6755, uid: 0, gid: 33 }, true, 0o755],
  ['one that runs as the application', { mode: 0o6755, uid: 33, gid: 33 }, true, 0o6755],
  ['an ordinary file of root’s', { mode: 0o644, uid: 0, gid: 0 }, true, 0o644],
  ['one that ends up ours, and we are not root', { mode: 0o4755, uid: 0, gid: 0 }, false, 0o4755],
])('%s', (_, entry, asRoot, mode) => {
  expect(modeToGive(entry, asRoot)).toBe(mode);
});
