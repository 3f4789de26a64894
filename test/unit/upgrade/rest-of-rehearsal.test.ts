import { expect, test } from 'vitest';
import { schemasSeenThen } from '../../../scripts/upgrade/rest-of-rehearsal.ts';

const receipt = {
  pending: ['001', '002'],
  schemaBefore: 'live',
  evidence: [
    { version: '001', number: 1, hash: 'a', before: 'with ledger', after: 'one' },
    { version: '001', number: 3, hash: 'b', before: 'one', after: 'two' },
    { version: '002', number: 1, hash: 'c', before: 'two', after: 'three' },
  ],
};

test.each<[string, string[], number, string[]]>([
  ['nothing ran: with the ledger or without', ['001', '002'], 0, ['live', 'with ledger']],
  ['one statement ran', ['001', '002'], 1, ['one']],
  ['a statement on rows ran behind it', ['001', '002'], 2, ['one']],
  ['a script ran', ['002'], 0, ['two']],
  ['everything ran', [], 0, ['three']],
])('the schema is known when %s', (_, pending, done, expected) => {
  expect(schemasSeenThen(receipt, pending, done)).toEqual(expected);
});

test('where only rows were changed the schema is as it was', () => {
  expect(schemasSeenThen({ ...receipt, evidence: [] }, ['002'], 1)).toEqual(['live']);
});
