import { describe, expect, test } from 'vitest';
import { estimateBytes } from '../../../scripts/backup/space.ts';
import { copyBytes } from '../../../scripts/restore/copy-space.ts';

const mega = 1024 * 1024;
const none = { dense: 0, plain: 0, indexes: 0 };

describe('the space that is asked for', () => {
  test.each([
    ['nothing but a reserve', none, { files: 0, bytes: 0 }, 1],
    ['more than what does not compress', { ...none, dense: 10 * mega }, { files: 0, bytes: 0 }, 13],
    ['less than what does', { ...none, plain: 10 * mega }, { files: 0, bytes: 0 }, 9.5],
    [
      'nothing for indexes, which are not in a dump',
      { ...none, indexes: 10 * mega },
      { files: 0, bytes: 0 },
      1,
    ],
    ['all of the files, and a head for each', none, { files: 2048, bytes: 10 * mega }, 12],
  ])('by a backup: %s', (_, database, tree, megabytes) => {
    expect(estimateBytes(database, tree) / mega).toBeCloseTo(megabytes, 5);
  });

  test('by a copy: rows as they are, indexes while they are built, and a server', () => {
    const empty = copyBytes(none);
    expect(empty).toBeGreaterThan(100 * mega);
    expect(copyBytes({ dense: mega, plain: 2 * mega, indexes: 3 * mega }) - empty).toBe(9 * mega);
  });
});
