import { describe, expect, test } from 'vitest';
import type { Manifest, ManifestPart } from '../../../scripts/backup/manifest.ts';
import { planProof, type Proven } from '../../../scripts/backup/proof-plan.ts';

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
const earlier: Proven = { id: 'b', manifest: { database, dumpSha256: 'd', parts }, proof: { server } };

const changed = (object: string, section: string, sha256: string): ManifestPart[] =>
  parts.map((one) => (one.object === object && one.section === section ? { ...one, sha256 } : one));
const planOf = (now: readonly ManifestPart[], more: Partial<Manifest['database']> = {}): unknown =>
  planProof({ database: { ...database, ...more }, dumpSha256: 'e', parts: [...now] }, earlier, server);

describe('of a backup is proven', () => {
  test('nothing that is byte for byte what was proven', () => {
    expect(planProof({ database, dumpSha256: 'd', parts }, earlier, server)).toEqual({ kind: 'nothing' });
  });
  test.each([
    ['rows', changed('users', 'rows', 'x'), ['users']],
    ['the structure, where a counter has moved', changed('teams', 'structure', 'x'), ['teams']],
    ['triggers', changed('teams', 'after', 'x'), ['teams']],
    ['a table that was added', [...parts, part('new', 'structure', 'n')], ['new']],
    [
      'nothing but structure, where only that of a view is new',
      [...parts, part('v', 'structure', 'v', 'view')],
      [],
    ],
    ['a table that has more parts now', [...parts, { ...part('users', 'rows', 'u4'), index: 1 }], ['users']],
  ])('the table whose %s differ', (_, now, tables) => {
    expect(planOf(now)).toEqual({ kind: 'rows', of: new Set(tables) });
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
    expect(planProof(manifest, earlier, { ...server, version: '10.11.7' })).toEqual(everything);
    expect(planProof(manifest, undefined, server)).toEqual(everything);
  });
});
