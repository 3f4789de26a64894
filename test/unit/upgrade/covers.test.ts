import { expect, test } from 'vitest';
import { coveringReceipt, receiptOfRest, type CoverFacts } from '../../../scripts/rehearsal/covers.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';

const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const scripts = [{ version: '001', name: 'users', checksum: 'a' }];
const server = { flavour: 'mysql', version: '9.7.0' } as const;

const receipt: Receipt = {
  format: 1,
  id: 'r1',
  createdAt: new Date(now.getTime() - hour).toISOString(),
  result: 'passed',
  failure: null,
  backup: 'b1',
  dumpSha256: 'd',
  server,
  rehearsedOn: '9.7.0',
  scripts,
  pending: ['001'],
  schemaBefore: 's1',
  schemaAfter: 's2',
  evidence: [],
  durationMs: { backup: 1, proof: 1, migrations: 1 },
};

const facts: CoverFacts = {
  receipts: [receipt],
  scripts,
  pending: ['001'],
  schema: 's1',
  server,
  provenBackups: [{ id: 'b1', createdAt: new Date(now.getTime() - hour).toISOString() }],
  now,
  maxAgeMs: hour,
};

test('a receipt covers exactly what it rehearsed', () => {
  expect(coveringReceipt(facts)).toBe(receipt);
});

test.each<[string, Partial<CoverFacts>]>([
  ['it failed', { receipts: [{ ...receipt, result: 'failed' }] }],
  ['its backup is older than allowed', { maxAgeMs: hour - 1 }],
  ['its backup is gone', { provenBackups: [] }],
  ['the live schema has changed', { schema: 's3' }],
  ['other migrations are pending', { pending: [] }],
  ['a script was edited', { scripts: [{ version: '001', name: 'users', checksum: 'b' }] }],
  ['a script was added', { scripts: [...scripts, { version: '002', name: 'x', checksum: 'c' }] }],
  ['the server was upgraded meanwhile', { server: { flavour: 'mysql', version: '9.8.0' } }],
  ['the server is of the other flavour', { server: { flavour: 'mariadb', version: '9.7.0' } }],
])('a receipt does not cover an upgrade when %s', (_title, change) => {
  expect(coveringReceipt({ ...facts, ...change })).toBeUndefined();
});

test('a receipt covers the first of what it rehearsed only where no more is asked for', () => {
  const two = { ...receipt, pending: ['001', '002'] };
  expect(coveringReceipt({ ...facts, receipts: [two], partly: true })).toBe(two);
  expect(coveringReceipt({ ...facts, receipts: [two] })).toBeUndefined();
  expect(coveringReceipt({ ...facts, receipts: [two], pending: ['002'], partly: true })).toBeUndefined();
});

test('what is left of a run is covered by the rehearsal that it had followed so far', () => {
  const step = (version: string, number: number, before: string, after: string) => ({
    version,
    number,
    hash: 'h',
    before,
    after,
  });
  const long: Receipt = {
    ...receipt,
    pending: ['001', '002', '003'],
    evidence: [step('001', 1, 'l0', 'l1'), step('002', 2, 'l1', 'l2'), step('002', 4, 'l2', 'l3')],
  };
  const rest = (pending: readonly string[], done: number, schema: string): boolean =>
    receiptOfRest({ ...facts, receipts: [long], pending, schema }, done) === long;
  expect(rest(['002', '003'], 1, 'l1')).toBe(true);
  expect(rest(['002', '003'], 3, 'l2')).toBe(true);
  expect(rest(['002', '003'], 4, 'l3')).toBe(true);
  expect(rest(['002', '003'], 0, 'l1')).toBe(true);
  expect(rest(['003'], 0, 'l3')).toBe(true);
  expect(rest(['001', '002', '003'], 1, 'l1')).toBe(true);
  // Nothing but the ledger was made.
  expect(rest(['001', '002', '003'], 0, 'l0')).toBe(true);
  // Elsewhere than the rehearsal was there, or other scripts.
  expect(rest(['002', '003'], 3, 'l3')).toBe(false);
  expect(rest(['001', '002', '003'], 0, 'l1')).toBe(false);
  expect(rest(['002'], 4, 'l3')).toBe(false);
  expect(rest([], 0, 'l3')).toBe(false);
  expect(rest(['004'], 1, 'l0')).toBe(false);
});
