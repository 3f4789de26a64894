import { expect, test } from 'vitest';
import { liveReason, type LiveState } from '../../../scripts/gate/compare-live.ts';

const statement = { number: 1, hash: 'h' };
const receipt: Parameters<typeof liveReason>[0] = {
  pending: ['001', '002'],
  schemaBefore: 's0',
  database: { name: 'shop', address: '/s', server: 'mariadb a', sqlMode: null },
  evidence: [
    { ...statement, version: '001', before: 's0+ledger', after: 's1', tablesAfter: 't1' },
    { ...statement, version: '002', before: 's1', after: 's2', tablesAfter: 't2' },
  ],
};

const at = (fingerprint: string, tables: string, server = 'mariadb a'): LiveState => ({
  known: true,
  schema: { fingerprint, tables },
  server,
});

test.each<[string, LiveState, boolean, string | undefined]>([
  ['where the rehearsal began', at('s0', 't0'), false, undefined],
  ['there, with a ledger', at('s0+ledger', 't0'), false, undefined],
  ['behind the first script', at('x', 't1'), false, undefined],
  ['behind the last one', at('x', 't2'), false, undefined],
  ['elsewhere', at('x', 'y'), false, 'live-differs'],
  ['on another server', at('s0', 't0', 'mariadb b'), false, 'live-other-server'],
  ['silent', { known: false, why: 'x' }, false, undefined],
  ['silent, and has to answer', { known: false, why: 'x' }, true, 'live-unknown'],
])('the live database is %s', (_title, live, isRequired, kind) => {
  expect(liveReason(receipt, live, isRequired)?.kind).toBe(kind);
});

test('receipts that do not tell their server say nothing of it', () => {
  const database = { name: 'shop', address: '/s', sqlMode: null };
  expect(liveReason({ ...receipt, database }, at('s0', 't0', 'mariadb b'), true)).toBeUndefined();
});
