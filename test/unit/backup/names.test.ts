import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaveOut } from '../../../scripts/backup/files/app-tree.ts';
import { backupId, isBackupId } from '../../../scripts/backup/layout.ts';
import { partFileName, type PartId } from '../../../scripts/dump/part.ts';

const at = new Date('2026-11-22T10:15:30.250Z');

test.each([
  ['1.4.0', 0, '20261122T101530Z-1.4.0'],
  [null, 0, '20261122T101530Z-unversioned'],
  ['2.0 beta/1+x', 1, '20261122T101530Z-2.0_beta_1_x-2'],
  ['../../etc', 0, '20261122T101530Z-.._.._etc'],
])(
  'the backup of version %j is named so that names sort by time and stay within their folder',
  (version, taken, id) => {
    expect(backupId(at, version, taken)).toBe(id);
    expect(isBackupId(id)).toBe(true);
  },
);

test.each([
  '20261122T101530Z-1.4.0.partial/x',
  'latest',
  '2026-1.4.0',
  '20261122T101530Z-',
  '20261122T101530Z-a/../b',
])('%s is no backup', (name) => {
  expect(isBackupId(name)).toBe(false);
});

const table = (number: number, section: PartId['section'], index = 0): PartId => ({
  kind: 'table',
  object: 'a b/ü`',
  section,
  number,
  index,
});

test('part names are safe for files, and sort in the order of the dump for any number of tables and pieces', () => {
  const order = (part: PartId): readonly number[] => [
    part.number,
    ['structure', 'rows', 'after'].indexOf(part.section),
    part.index,
  ];
  const compare = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((found, value, index) => found || value - (b[index] ?? 0), 0);
  const section = fc.constantFrom('structure' as const, 'rows' as const, 'after' as const);
  const number = fc.oneof(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 8990, max: 9010 }),
    fc.integer({ min: 1, max: 99_999 }),
  );
  const index = fc.oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 990, max: 1010 }),
    fc.integer({ min: 0, max: 99_999 }),
  );
  const part = fc
    .tuple(number, section, index)
    .map(([place, kind, piece]) => table(place, kind, kind === 'rows' ? piece : 0));
  fc.assert(
    fc.property(part, part, (one, other) => {
      const [a, b] = [partFileName(one), partFileName(other)];
      expect(a).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
      expect(Math.sign(compare(order(one), order(other)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(a > '0000-header.sql' && a < '9000-events.sql').toBe(true);
    }),
  );
});

test.each([
  ['nothing of ours within', ['/srv/maj', '/srv/backups'], ['/srv/app/down.flag'], ['down.flag'], []],
  [
    'backups within',
    ['/srv/app/.maj', '/srv/app/var/backups'],
    [],
    ['.maj', 'var/backups'],
    ['.maj', 'var/backups'],
  ],
  ['a name that only begins the same', ['/srv/app-backups'], ['/srv/application/flag'], [], []],
])('of an application with %s, the right paths are left out', (_title, ours, others, paths, within) => {
  const left = leaveOut('/srv/app', ours, others);
  expect([...(left?.paths ?? [])]).toEqual(paths);
  expect(left?.ours).toEqual(within);
});

test('an application that is our own folder has no archive', () => {
  expect(leaveOut('/srv/app', ['/srv/app'], [])).toBeUndefined();
});
