import { describe, expect, test } from 'vitest';
import { writtenBetween } from '../../../scripts/database/last-writes.ts';
import { firstWords, othersOf } from '../../../scripts/database/other-connections.ts';

test.each<[string, string | undefined]>([
  ["INSERT INTO orders (name) VALUES ('secret')", 'INSERT INTO orders'],
  ["INSERT INTO orders VALUES ('secret')", 'INSERT INTO orders VALUES'],
  ["update `of us`.`people` set name = 'secret'", 'update `of us`.`people` set'],
  ['DELETE\n  FROM jobs\n  WHERE id = 5', 'DELETE FROM jobs WHERE'],
  ['COMMIT', 'COMMIT'],
  ["SELECT 'secret'", 'SELECT'],
  ['SELECT 4111111111111111', 'SELECT'],
  ["SET @card = '4111'", 'SET'],
  ["SELECT x'4111'", 'SELECT x'],
  ["/* secret */ INSERT INTO a VALUES ('x')", undefined],
  ['', undefined],
])('of the statement “%s” only words are told, and no value', (statement, expected) => {
  expect(firstWords(statement)).toBe(expected);
});

describe('another connection', () => {
  const row = { id: 7, user: 'app', host: 'web:5', command: 'Sleep', seconds: 3, info: null, program: null };
  const other = { id: '7', account: 'app@web:5', program: undefined, words: undefined, seconds: 3 };
  test.each([
    ['that is idle', {}, [], { ...other, does: 'idle' }],
    [
      'that runs a statement, of a program that tells its name',
      { command: 'Query', info: 'UPDATE jobs SET done = 1', program: 'node' },
      [],
      { ...other, does: 'statement', words: 'UPDATE jobs SET done', program: 'node' },
    ],
    ['with a transaction', {}, [{ id: 7, seconds: 9 }], { ...other, does: 'transaction', seconds: 9 }],
    ['that is no client', { command: 'Daemon' }, [], undefined],
  ])('%s', (_, facts, transactions, expected) => {
    expect(othersOf([{ ...row, ...facts }], transactions)).toEqual(expected === undefined ? [] : [expected]);
  });
});

test.each<[string, string | null | undefined, string | null, boolean]>([
  ['later', '2026-11-22 10:15:30', '2026-11-22 10:15:31', true],
  ['for the first time', null, '2026-11-22 10:15:31', true],
  ['in a new table', undefined, '2026-11-22 10:15:31', true],
  ['not at all', '2026-11-22 10:15:30', '2026-11-22 10:15:30', false],
  ['never', null, null, false],
  ['before the server closed the table', '2026-11-22 10:15:30', null, false],
])('a table that was written to %s', (_, before, after, expected) => {
  const known = new Map(before === undefined ? [] : [['t', before]]);
  expect(writtenBetween(known, new Map([['t', after]]))).toEqual(expected ? ['t'] : []);
});
