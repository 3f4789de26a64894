import { describe, expect, test } from 'vitest';
import { decideGate, type GateFacts } from '../../../scripts/gate/decide.ts';
import { isOfDatabase, withOthers } from '../../../scripts/gate/published.ts';
import { remoteOfReceipts } from '../../../scripts/rehearsal/published.ts';
import { expiredRefs } from '../../../scripts/rehearsal/publish-receipt.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const ago = (hours: number): string => new Date(now.getTime() - hours * hour).toISOString();
const scripts = [{ version: '001', name: 'users', checksum: 'a' }];

/** A receipt of these scripts, so many hours old, on a backup as old. */
const receipt = (id: string, hours: number, other: Partial<Receipt> = {}): Receipt =>
  receiptWith({
    id,
    createdAt: ago(hours),
    backup: `backup of ${id}`,
    backupCreatedAt: ago(hours),
    backupProvenAt: ago(hours),
    scripts,
    pending: ['001'],
    ...other,
  });
const failed = { result: 'failed', failure: 'Duplicate entry' } as const;

/** What is known where nothing was ever rehearsed. */
const nothing: GateFacts = {
  scripts,
  database: { name: 'shop' },
  backups: [],
  receipts: [],
  settings: { sqlMode: null },
  now,
  maxAgeMs: 24 * hour,
};
const here = (receipts: readonly Receipt[], missing?: string): GateFacts => ({
  ...nothing,
  receipts,
  backups: receipts.map(({ backup: id, createdAt }) => ({ id, createdAt, proven: true, missing })),
});

test.each<[string, GateFacts, readonly Receipt[], string]>([
  // what is known here, what others have signed, and the receipt that opens or the first reason
  ['nothing anywhere', nothing, [], 'no-backup'],
  ['one of another', nothing, [receipt('a', 1)], 'a'],
  ['one of another that is too old', nothing, [receipt('a', 25)], 'backup-too-old'],
  [
    'one of another on an old backup',
    nothing,
    [receipt('a', 1, { backupCreatedAt: ago(30) })],
    'backup-too-old',
  ],
  [
    'one of another on a backup of tomorrow',
    nothing,
    [receipt('a', 1, { backupCreatedAt: ago(-24) })],
    'backup-in-future',
  ],
  ['the newer of two', nothing, [receipt('a', 2), receipt('b', 1)], 'b'],
  [
    'one that passed after a failure of another machine',
    nothing,
    [receipt('a', 2, failed), receipt('b', 1)],
    'b',
  ],
  [
    'one that failed after it passed elsewhere',
    nothing,
    [receipt('a', 2), receipt('b', 1, failed)],
    'rehearsal-failed',
  ],
  ['one that failed here, before another passed', here([receipt('a', 2, failed)]), [receipt('b', 1)], 'b'],
  ['one that failed here since', here([receipt('a', 1, failed)]), [receipt('b', 2)], 'rehearsal-failed'],
  ['a failure that is dated in the future', nothing, [receipt('a', -48, failed), receipt('b', 1)], 'b'],
  [
    'the same here and published, whose backup is not whole here',
    here([receipt('a', 1)], 'a part'),
    [receipt('a', 1)],
    'backup-incomplete',
  ],
  ['other scripts', nothing, [receipt('a', 1, { scripts: [] })], 'scripts-differ'],
  [
    'another mode',
    nothing,
    [receipt('a', 1, { database: { name: 'shop', address: 'db:3306', sqlMode: 'ANSI' } })],
    'script-settings-differ',
  ],
])('%s', (_title, facts, published, expected) => {
  const decision = decideGate(withOthers(facts, published));
  expect(decision.open ? decision.receipt.id : decision.reasons[0]?.kind).toBe(expected);
});

describe('the database that counts', () => {
  const database = { name: 'shop', address: 'db:3306', server: 'mysql 1-2', sqlMode: null };
  test.each([
    // name and server of the settings, and whether the receipt is of that
    ['shop', undefined, true],
    ['shop', 'db:3306', true],
    ['shop', 'mysql 1-2', true],
    ['shop', 'db:3307', false],
    ['shop', 'mysql 1-3', false],
    ['Shop', undefined, false],
    [undefined, undefined, false],
  ])('%s on %s: %s', (DB_NAME, GATE_DATABASE_SERVER, expected) => {
    expect(isOfDatabase({ database }, { DB_NAME, GATE_DATABASE_SERVER })).toBe(expected);
  });

  test('is not that of a receipt that names none', () => {
    const settings = { DB_NAME: 'shop', GATE_DATABASE_SERVER: undefined };
    expect(isOfDatabase({ database: undefined }, settings)).toBe(false);
  });
});

test.each([
  [undefined, 'origin'],
  [['dokku'], 'dokku'],
  [['dokku', 'backup'], 'origin'],
  [['https://git.example/*'], 'origin'],
])('with DEPLOY_REMOTES=%s receipts travel by %s', (DEPLOY_REMOTES, expected) => {
  expect(remoteOfReceipts({ DEPLOY_REMOTES })).toBe(expected);
});

test('what is removed is what was made before, by its name, and nothing whose name is not ours', () => {
  const of = (name: string): string => `refs/maj/receipts/${name}`;
  const refs = ['20261021T120000Z-a', '20261022T115959Z-b', '20261022T120000Z-c', '20261122T120000Z-d', 'x'];
  expect(
    expiredRefs([...refs.map(of), 'refs/heads/20200101T000000Z-x'], new Date('2026-10-22T12:00:00.000Z')),
  ).toEqual([of('20261021T120000Z-a'), of('20261022T115959Z-b')]);
});
