import * as v from 'valibot';
import { expect, test } from 'vitest';
import {
  entryDifference,
  listLine,
  parseFilesList,
  type ListedFile,
} from '../../../scripts/backup/files/files-list.ts';
import { openSealed, sealedJson } from '../../../scripts/backup/manifest.ts';
import {
  compareParts,
  namesOfDifferences,
  type Comparison,
  type SummedPart,
} from '../../../scripts/restore/differences.ts';

const part = (
  object: string | null,
  section: SummedPart['id']['section'],
  sha256: string,
  more: { number?: number; index?: number; canonical?: string } = {},
): SummedPart => ({
  id: {
    kind: object === null ? 'final' : 'table',
    object,
    section,
    number: more.number ?? 1,
    index: more.index ?? 0,
  },
  sum: { sha256, canonicalSha256: more.canonical ?? null, text: null },
});

const named = (comparison: Comparison): Omit<Comparison, 'differences'> & { differences: string[] } => ({
  ...comparison,
  differences: namesOfDifferences(comparison.differences),
});

test('parts are compared by what they are of, wherever they stand in the dump', () => {
  const before = [part('a', 'structure', '1'), part('b', 'rows', '2', { number: 2 })];
  const after = [
    part('new', 'structure', '9'),
    part('a', 'structure', '1', { number: 2 }),
    part('b', 'rows', '2', { number: 3 }),
  ];
  expect(named(compareParts(before, after))).toEqual({
    differences: ['new (structure)'],
    equal: 2,
    canonical: 0,
  });
});

test('what changed, what is gone and what was added is named once an object', () => {
  const before = [
    part('a', 'rows', '1'),
    part('a', 'rows', '2', { index: 1 }),
    part('a', 'after', '3'),
    part('gone', 'structure', '4'),
    part(null, 'structure', '5'),
  ];
  const after = [part('a', 'rows', 'x'), part('a', 'after', 'x'), part(null, 'structure', 'x')];
  expect(named(compareParts(before, after)).differences).toEqual([
    'a (rows)',
    'a (triggers)',
    'gone (structure)',
    'footer',
  ]);
});

test('a structure that is equal in its canonical form is equal, rows never', () => {
  const one = [part('a', 'structure', '1', { canonical: 'c' }), part('a', 'rows', '1')];
  const other = [part('a', 'structure', '2', { canonical: 'c' }), part('a', 'rows', '2')];
  expect(named(compareParts(one, other))).toEqual({
    differences: ['a (rows)'],
    equal: 1,
    canonical: 1,
  });
});

const file: ListedFile = {
  path: 'a\n"b"',
  type: 'file',
  size: 3,
  mode: '644',
  sha256: 'f'.repeat(64),
  target: null,
};

test('a list of files reads as it was written, whatever the names', () => {
  const list = parseFilesList(
    listLine(file) + listLine({ ...file, path: 'ü', type: 'link', target: 'x', sha256: null }),
  );
  expect(list?.get('a\n"b"')).toEqual(file);
  expect(list?.size).toBe(2);
  expect(parseFilesList('{"path": 1}\n')).toBeUndefined();
  expect(parseFilesList('no JSON\n')).toBeUndefined();
});

test.each([
  [{ size: 4 }, 'has another size'],
  [{ sha256: '0'.repeat(64) }, 'has another content'],
  [{ mode: '755' }, 'has another mode'],
  [{ type: 'folder' as const }, 'has another type'],
  [{}, undefined],
])('an entry with %j of its own %s', (change, says) => {
  expect(entryDifference(file, { ...file, ...change })).toBe(says);
  expect(entryDifference(undefined, file)).toBe('is not in files.list');
});

test('sealed JSON opens as it was, and not at all once a character of its content has changed', () => {
  const schema = v.object({ a: v.number(), b: v.array(v.string()) });
  const text = sealedJson({ a: 1, b: ['x', 'ü'] });
  expect(openSealed(schema, text)).toEqual({ a: 1, b: ['x', 'ü'] });
  for (const changed of [
    text.replace('"a": 1', '"a": 2'),
    text.replace('ü', 'u'),
    text.slice(0, -4),
    '',
    '[]',
    '{}',
  ])
    expect(openSealed(schema, changed)).toBeUndefined();
  expect(openSealed(v.object({ c: v.number() }), text)).toBeUndefined();
});
