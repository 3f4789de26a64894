import { expect, test } from 'vitest';
import { isWhereRehearsed } from '../../../scripts/upgrade/rest-of-rehearsal.ts';

const receipt = {
  pending: ['001', '002'],
  schemaBefore: 'live',
  evidence: [
    { version: '001', number: 1, hash: 'a', before: 'with ledger', after: 'one', tablesAfter: 'tables one' },
    { version: '001', number: 3, hash: 'b', before: 'one', after: 'two', tablesAfter: 'tables two' },
    { version: '002', number: 1, hash: 'c', before: 'two', after: 'three' },
  ],
};
const whole = (fingerprint: string): { fingerprint: string; tables: string } => ({
  fingerprint,
  tables: 'x',
});
const tables = (text: string): { fingerprint: string; tables: string } => ({
  fingerprint: 'x',
  tables: text,
});

test.each<[string, string[], number, { fingerprint: string; tables: string }, boolean]>([
  ['nothing ran, and no ledger is there', ['001', '002'], 0, whole('live'), true],
  ['nothing ran, and the ledger is there', ['001', '002'], 0, whole('with ledger'), true],
  ['nothing ran, and the schema is another', ['001', '002'], 0, whole('other'), false],
  ['a statement ran', ['001', '002'], 1, tables('tables one'), true],
  ['a statement on rows ran behind it', ['001', '002'], 2, tables('tables one'), true],
  ['a statement ran, and the tables are others', ['001', '002'], 1, tables('tables two'), false],
  ['a script ran', ['002'], 0, tables('tables two'), true],
  ['all ran, of which an earlier receipt knows the whole schema only', [], 0, whole('three'), true],
  ['all ran, and somebody else did, too', [], 0, whole('four'), false],
])('whether the schema is where the rehearsal was is told where %s', (_, pending, done, live, expected) => {
  expect(isWhereRehearsed(receipt, pending, done, live)).toBe(expected);
});

test('where only rows were changed the schema is as it was', () => {
  expect(isWhereRehearsed({ ...receipt, evidence: [] }, ['002'], 1, whole('live'))).toBe(true);
});
