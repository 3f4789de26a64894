import { expect, test } from 'vitest';
import { workersOf } from '../../../scripts/database/other-connections.ts';

const connection = (id: number, command: string): Readonly<Record<string, unknown>> => ({
  id,
  user: 'app',
  host: 'web:5',
  command,
  seconds: 3,
});

test.each([
  ['runs a statement', 'Query', [], 'statement'],
  ['runs a prepared statement', 'Execute', [], 'statement'],
  ['runs a statement in a transaction', 'Query', [{ id: 7, seconds: 9 }], 'statement'],
  ['sleeps in a transaction', 'Sleep', [{ id: 7n, seconds: '9' }], 'transaction'],
  ['sleeps', 'Sleep', [], undefined],
  ['sleeps while others have a transaction', 'Sleep', [{ id: 8, seconds: 9 }], undefined],
  ['is the event scheduler', 'Daemon', [], undefined],
])('a connection that %s', (_, command, transactions, does) => {
  expect(workersOf([connection(7, command)], transactions)).toEqual(
    does === undefined
      ? []
      : [{ id: '7', account: 'app@web:5', does, seconds: does === 'statement' ? 3 : 9 }],
  );
});
