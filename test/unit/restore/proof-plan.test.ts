import { describe, expect, test } from 'vitest';
import type { Manifest, ManifestPart } from '../../../scripts/backup/manifest.ts';
import { planProof, type Proven } from '../../../scripts/restore/proof-plan.ts';
import { rowsStandAlone } from '../../../scripts/restore/prove.ts';

const server = { flavour: 'mariadb', version: '10.11.6', text: 'MariaDB 10.11.6' } as const;

const part = (
  object: string | null,
  section: ManifestPart['section'],
  sha256: string,
  kind: ManifestPart['kind'] = 'table',
): ManifestPart => ({
  kind,
  object,
  section,
  number: 1,
  index: 0,
  name: `${object ?? ''}${section}`,
  bytes: 1,
  sha256,
  storedBytes: 1,
  storedSha256: sha256,
});

const database: Manifest['database'] = {
  name: 'app',
  charset: 'utf8mb4',
  collation: 'utf8mb4_general_ci',
  server,
  client: 'c',
  fingerprint: 'f',
  definers: [],
  lowerCaseTableNames: 0,
};

const parts = [
  part(null, 'structure', 'h', 'header'),
  part('users', 'structure', 'u1'),
  part('users', 'rows', 'u2'),
  part('teams', 'structure', 't1'),
  part('teams', 'rows', 't2'),
  part('teams', 'after', 't3'),
];
const earlier: Proven = { manifest: { database, dumpSha256: 'd', parts }, proof: { server } };

const changed = (object: string, section: string, sha256: string): ManifestPart[] =>
  parts.map((one) => (one.object === object && one.section === section ? { ...one, sha256 } : one));
const none = new Set<string>();
const planOf = (
  now: readonly ManifestPart[],
  more: Partial<Manifest['database']> = {},
  apart: ReadonlySet<string> = none,
): unknown =>
  planProof({ database: { ...database, ...more }, dumpSha256: 'e', parts: [...now] }, earlier, server, apart);
const second = { ...part('users', 'rows', 'u4'), index: 1, name: 'usersrows1' };

describe('of a backup is proven', () => {
  test('nothing that is byte for byte what was proven', () => {
    const manifest = { database, dumpSha256: 'd', parts };
    expect(planProof(manifest, earlier, server, none)).toEqual({ kind: 'nothing' });
  });
  test.each([
    ['rows', changed('users', 'rows', 'x'), ['usersrows']],
    ['the structure, where a counter has moved', changed('teams', 'structure', 'x'), ['teamsrows']],
    ['triggers', changed('teams', 'after', 'x'), ['teamsrows']],
    ['rows are all new', [...parts, part('new', 'structure', 'n'), part('new', 'rows', 'u2')], ['newrows']],
    [
      'nothing but structure, where only that of a view is new',
      [...parts, part('v', 'structure', 'v', 'view')],
      [],
    ],
    ['number of parts', [...parts, second], ['usersrows', 'usersrows1']],
  ])('the table whose %s differ', (_, now, names) => {
    expect(planOf(now)).toEqual({ kind: 'rows', parts: new Set(names) });
  });
  test.each([
    ['the part that was added', [...parts, second], ['usersrows1']],
    ['no part where only the counter has moved', changed('users', 'structure', 'x'), []],
    [
      'a part that is the same as one of another table',
      [...parts, { ...second, sha256: 't2' }],
      ['usersrows1'],
    ],
  ])('of a table whose parts may be proven one by one, %s', (_, now, names) => {
    expect(planOf(now, {}, new Set(['users']))).toEqual({ kind: 'rows', parts: new Set(names) });
  });
  test.each<[string, Partial<Manifest['database']>]>([
    ['charset', { charset: 'latin1' }],
    ['collation', { collation: 'utf8mb4_bin' }],
    ['server', { server: { ...server, version: '11.8.2' } }],
    ['case of names', { lowerCaseTableNames: 1 }],
  ])('everything, where the %s is another', (_, more) => {
    expect(planOf(parts, more)).toEqual({ kind: 'everything' });
  });
  test('everything, where the header is another', () => {
    const now = parts.map((one) => (one.kind === 'header' ? { ...one, sha256: 'x' } : one));
    expect(planOf(now)).toEqual({ kind: 'everything' });
  });
  test('everything, where another throwaway server proves it, or nothing was proven', () => {
    const manifest = { database, dumpSha256: 'd', parts };
    const everything = { kind: 'everything' };
    expect(planProof(manifest, earlier, { ...server, version: '10.11.7' }, none)).toEqual(everything);
    expect(planProof(manifest, undefined, server, none)).toEqual(everything);
  });
});

describe('the rows of a table stand alone', () => {
  const table = (items: readonly string[], tail = ') ENGINE=InnoDB'): string =>
    `CREATE TABLE \`t\` (\n  ${items.join(',\n  ')}\n${tail}`;
  const id = '`id` int NOT NULL';
  const key = 'PRIMARY KEY (`id`)';
  const unique = 'UNIQUE KEY `u` (`name`)';
  const float = '`hours` float DEFAULT NULL';
  test.each([
    [table([id, key]), true],
    [table([id, '`name` varchar(9)', key, unique]), true],
    [table([id, float, key]), true],
    // Two that differ are dumped as the same six digits, and are one in such a key.
    [table([id, float, key, 'UNIQUE KEY `h` (`hours`)']), false],
    [table([float, 'PRIMARY KEY (`hours`)']), false],
    [
      table([id, float, '`twice` double GENERATED ALWAYS AS (`hours` * 2) STORED', 'PRIMARY KEY (`twice`)']),
      false,
    ],
    [table([id]), false],
    [table([id, key], ') ENGINE=MyISAM'), false],
    [table([id, key], ') ENGINE=InnoDB WITH SYSTEM VERSIONING'), false],
    ['CREATE TEMPORARY TABLE t (id int)', false],
  ])('%s: %s', (create, alone) => {
    expect(rowsStandAlone(create)).toBe(alone);
  });
});
