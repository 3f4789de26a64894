import { describe, expect, test } from 'vitest';
import type { ManifestPart } from '../../../scripts/backup/manifest.ts';
import type { PartKind, PartSection } from '../../../scripts/dump/part.ts';
import { restoreNeedsDefiners, wayNeedsDefiners } from '../../../scripts/restore/restore-database.ts';

const part = (kind: PartKind, object: string | null, section: PartSection, sha256 = 'a'): ManifestPart => ({
  name: `${kind}-${object ?? ''}-${section}`,
  kind,
  object,
  section,
  number: 1,
  index: 0,
  bytes: 1,
  sha256,
  storedBytes: 1,
  storedSha256: sha256,
});

const parts = [
  part('table', 'plain', 'rows'),
  part('table', 'watched', 'rows'),
  part('table', 'watched', 'after'),
  part('view-body', 'names', 'structure'),
  part('routines', null, 'structure'),
];
const none = new Set<string>();
const changed = (...others: readonly ManifestPart[]): { parts: ManifestPart[] } => ({
  parts: parts.map((one) => others.find(({ name }) => name === one.name) ?? one),
});

describe('a restore', () => {
  const load = { tables: none, sequences: none, triggersOf: none, code: false };
  const work = { drop: load, load, charset: false, left: [] };
  test.each([
    ['of everything', 'everything' as const, true],
    ['of views, routines and events', { ...work, load: { ...load, code: true } }, true],
    ['of triggers', { ...work, load: { ...load, triggersOf: new Set(['watched']) } }, true],
    ['of a table with triggers', { ...work, load: { ...load, tables: new Set(['watched']) } }, true],
    ['of a table without', { ...work, load: { ...load, tables: new Set(['plain']) } }, false],
    ['of nothing', work, false],
  ])('%s', (_, found, needs) => {
    expect(restoreNeedsDefiners(found, { parts })).toBe(needs);
  });
});

test.each([
  ['nothing', changed(), false],
  ['rows of a table without triggers', changed(part('table', 'plain', 'rows', 'b')), false],
  ['rows of a table with triggers', changed(part('table', 'watched', 'rows', 'b')), true],
  ['a view', changed(part('view-body', 'names', 'structure', 'b')), true],
  ['a routine', changed(part('routines', null, 'structure', 'b')), true],
  ['a view that is new', { parts: [...parts, part('view-body', 'more', 'structure')] }, true],
])('a way back where %s changed', (_, present, needs) => {
  expect(wayNeedsDefiners({ parts }, present)).toBe(needs);
});
