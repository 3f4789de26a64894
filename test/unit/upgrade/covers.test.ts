import { expect, test } from 'vitest';
import {
  coveringReceipt,
  isWhereRehearsed,
  receiptOfRest,
  type CoverFacts,
  type LiveSchema,
  type Receipt,
} from '../../../scripts/rehearsal/receipt.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const scripts = [{ version: '001', name: 'users', checksum: 'a' }];
const server = { flavour: 'mysql', version: '9.7.0' } as const;

const database = { name: 'shop', address: 'localhost:3306', sqlMode: null };

const receipt = receiptWith({
  createdAt: new Date(now.getTime() - hour).toISOString(),
  database,
  server,
  rehearsedOn: '9.7.0',
  scripts,
  pending: ['001'],
});

const facts: CoverFacts = {
  receipts: [receipt],
  scripts,
  pending: ['001'],
  schema: { fingerprint: 's1', tables: 't1' },
  server,
  database,
  provenBackups: [{ id: 'b1', createdAt: new Date(now.getTime() - hour).toISOString() }],
  now,
  maxAgeMs: hour,
};

test('a receipt covers exactly what it rehearsed', () => {
  expect(coveringReceipt(facts)).toBe(receipt);
});

test.each<[string, Partial<CoverFacts>]>([
  ['it failed', { receipts: [{ ...receipt, result: 'failed' }] }],
  [
    'another has failed since',
    { receipts: [{ ...receipt, id: 'r2', result: 'failed', pending: [] }, receipt] },
  ],
  ['it was of another database', { database: { ...database, name: 'staging' } }],
  ['it was of another server', { database: { ...database, address: 'db2:3306' } }],
  ['scripts run in another SQL mode now', { database: { ...database, sqlMode: 'ANSI' } }],
  ['the placeholders stand for something else', { database: { ...database, placeholders: '%P%=a_' } }],
  ['other SQL is run after each script', { database: { ...database, afterEach: 'DO 1' } }],
  ['it does not tell of which database it was', { receipts: [{ ...receipt, database: undefined }] }],
  ['its backup is older than allowed', { maxAgeMs: hour - 1 }],
  ['its backup is gone', { provenBackups: [] }],
  ['the live schema has changed', { schema: { fingerprint: 's3', tables: 't1' } }],
  ['other migrations are pending', { pending: [] }],
  ['a script was edited', { scripts: [{ version: '001', name: 'users', checksum: 'b' }] }],
  ['a script was added', { scripts: [...scripts, { version: '002', name: 'x', checksum: 'c' }] }],
  ['the server was upgraded meanwhile', { server: { flavour: 'mysql', version: '9.8.0' } }],
  ['the server is of the other flavour', { server: { flavour: 'mariadb', version: '9.7.0' } }],
])('a receipt does not cover an upgrade when %s', (_title, change) => {
  expect(coveringReceipt({ ...facts, ...change })).toBeUndefined();
});

test('nor does one of which another has failed since cover what is left, where nothing has run yet', () => {
  const failed = { ...receipt, id: 'r2', result: 'failed' as const, pending: [] };
  expect(receiptOfRest({ ...facts, receipts: [failed, receipt] }, 0)).toBeUndefined();
  expect(receiptOfRest(facts, 0)).toBe(receipt);
});

test('what failed with other scripts, or before, says nothing against a receipt', () => {
  const failed = { ...receipt, id: 'r0', result: 'failed' as const, pending: [] };
  const other = [{ version: '001', name: 'users', checksum: 'b' }];
  expect(coveringReceipt({ ...facts, receipts: [receipt, failed] })).toBe(receipt);
  expect(coveringReceipt({ ...facts, receipts: [{ ...failed, scripts: other }, receipt] })).toBe(receipt);
});

test('a receipt covers the first of what it rehearsed only where no more is asked for', () => {
  const two = { ...receipt, pending: ['001', '002'] };
  expect(coveringReceipt({ ...facts, receipts: [two], partly: true })).toBe(two);
  expect(coveringReceipt({ ...facts, receipts: [two] })).toBeUndefined();
  expect(coveringReceipt({ ...facts, receipts: [two], pending: ['002'], partly: true })).toBeUndefined();
});

const whole = (fingerprint: string): LiveSchema => ({ fingerprint, tables: 'x' });
const tables = (text: string): LiveSchema => ({ fingerprint: 'x', tables: text });

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
    receiptOfRest({ ...facts, receipts: [long], pending, schema: whole(schema) }, done) === long;
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

const rehearsed = {
  pending: ['001', '002', '003'],
  schemaBefore: 'live',
  evidence: [
    { version: '001', number: 1, hash: 'a', before: 'with ledger', after: 'one', tablesAfter: 'tables one' },
    { version: '001', number: 3, hash: 'b', before: 'one', after: 'two', tablesAfter: 'tables two' },
    { version: '002', number: 1, hash: 'c', before: 'two', after: 'three' },
    { version: '003', number: 1, hash: 'd', before: 'three', after: 'four' },
  ],
};

test.each<[string, string | undefined, number, LiveSchema, boolean]>([
  ['nothing ran, and no ledger is there', '001', 0, whole('live'), true],
  ['nothing ran, and the ledger is there', '001', 0, whole('with ledger'), true],
  ['nothing ran, and the schema is another', '001', 0, whole('other'), false],
  ['a statement ran', '001', 1, tables('tables one'), true],
  ['a statement on rows ran behind it', '001', 2, tables('tables one'), true],
  ['a statement ran, and the tables are others', '001', 1, tables('tables two'), false],
  ['a script ran', '002', 0, tables('tables two'), true],
  [
    'two scripts ran, of which an earlier receipt knows the whole schema only',
    '003',
    0,
    whole('three'),
    true,
  ],
  ['all ran', undefined, 0, whole('four'), true],
  ['all ran, and somebody else did, too', undefined, 0, whole('five'), false],
])('whether the schema is where the rehearsal was is told where %s', (_, next, done, live, expected) => {
  expect(isWhereRehearsed(rehearsed, next, done, live)).toBe(expected);
});

test('where only rows were changed the schema is as it was', () => {
  expect(isWhereRehearsed({ ...rehearsed, evidence: [] }, '002', 1, whole('live'))).toBe(true);
});
