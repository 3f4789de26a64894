import { describe, expect, test } from 'vitest';
import { decideGate, scriptChanges, type GateFacts, type KnownBackup } from '../../../scripts/gate/decide.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const ago = (milliseconds: number): string => new Date(now.getTime() - milliseconds).toISOString();

const scripts = [
  { version: '001', name: 'users', checksum: 'a' },
  { version: '002', name: 'orders', checksum: 'b' },
];

const receipt = receiptWith({ createdAt: ago(hour), scripts, pending: ['002'] });

/** A proven backup, so old. */
const backup = (id: string, ageMs: number): KnownBackup => ({
  id,
  createdAt: ago(ageMs),
  proven: true,
  missing: undefined,
});

const open: GateFacts = {
  scripts,
  database: { name: 'shop' },
  backups: [backup('b1', hour)],
  receipts: [receipt],
  settings: { sqlMode: null },
  now,
  maxAgeMs: 24 * hour,
};

describe('the gate', () => {
  test('opens for exactly what was rehearsed on a fresh, proven backup', () => {
    expect(decideGate(open)).toEqual({ open: true, receipt });
  });

  test('opens on an older receipt when it is the one that covers the commit', () => {
    const newer = { ...receipt, id: 'r2', scripts: [], createdAt: ago(1) };
    expect(decideGate({ ...open, receipts: [newer, receipt] })).toEqual({ open: true, receipt });
  });

  test('opens on an older one of the same scripts when the backup of the newer one is gone', () => {
    const newer = { ...receipt, id: 'r2', backup: 'b9', createdAt: ago(1) };
    expect(decideGate({ ...open, receipts: [newer, receipt] })).toEqual({ open: true, receipt });
  });

  test('opens again when it passes after a failure, whatever the clock said then', () => {
    const failed: Receipt = { ...receipt, id: 'r0', result: 'failed', createdAt: ago(-720 * hour) };
    expect(decideGate({ ...open, receipts: [receipt, failed] })).toEqual({ open: true, receipt });
  });

  test('opens beside a backup that is dated in the future', () => {
    expect(decideGate({ ...open, backups: [backup('b2', -hour), backup('b1', hour)] }).open).toBe(true);
  });

  test('opens at exactly the allowed age and closes a millisecond later', () => {
    const at = (milliseconds: number): GateFacts => ({
      ...open,
      backups: [backup('b1', milliseconds)],
    });
    expect(decideGate(at(24 * hour)).open).toBe(true);
    expect(decideGate(at(24 * hour + 1)).open).toBe(false);
  });

  test.each<[string, Partial<GateFacts>, string[]]>([
    ['there is no backup', { backups: [], receipts: [] }, ['no-backup', 'not-rehearsed']],
    [
      'no backup is proven',
      { backups: [{ ...backup('b1', hour), proven: false }] },
      ['no-proven-backup', 'rehearsed-backup-gone'],
    ],
    [
      'the proven backup is old',
      { backups: [backup('b1', 25 * hour)] },
      ['backup-too-old', 'rehearsal-too-old'],
    ],
    ['nothing was rehearsed', { receipts: [] }, ['not-rehearsed']],
    [
      'the rehearsal failed',
      { receipts: [{ ...receipt, result: 'failed', failure: 'Duplicate entry' }] },
      ['rehearsal-failed'],
    ],
    [
      'a rehearsal of today met the rows of an old backup',
      {
        backups: [backup('b1', 25 * hour), backup('b2', hour)],
      },
      ['rehearsal-too-old'],
    ],
    ['the rehearsed backup is gone', { backups: [backup('b9', hour)] }, ['rehearsed-backup-gone']],
    [
      'a script was added',
      { scripts: [...scripts, { version: '003', name: 'x', checksum: 'c' }] },
      ['scripts-differ'],
    ],
    [
      'a script was edited',
      {
        scripts: [scripts[0] ?? receipt.scripts[0], { version: '002', name: 'orders', checksum: 'z' }].filter(
          (s) => s !== undefined,
        ),
      },
      ['scripts-differ'],
    ],
    [
      'placeholders stand for something else',
      { settings: { sqlMode: null, placeholders: '%P%=a_' } },
      ['script-settings-differ'],
    ],
    [
      'other SQL is run after each',
      { settings: { sqlMode: null, afterEach: 'DO 1' } },
      ['script-settings-differ'],
    ],
    ['they run in another sql_mode', { settings: { sqlMode: '' } }, ['script-settings-differ']],
    ['nothing says which database counts', { database: undefined }, ['no-database']],
    [
      'a part of the backup is gone',
      { backups: [{ ...backup('b1', hour), missing: 'a.zst' }] },
      ['backup-incomplete', 'backup-incomplete'],
    ],
    [
      'a part of the rehearsed backup is gone, and another backup is whole',
      { backups: [{ ...backup('b1', hour), missing: 'a.zst' }, backup('b2', hour)] },
      ['backup-incomplete'],
    ],
    [
      'the backup is dated in the future',
      { backups: [backup('b1', -1)] },
      ['backup-in-future', 'rehearsal-in-future'],
    ],
    [
      'the backup of the rehearsal is dated in the future, and another one is fresh',
      { backups: [backup('b1', -1), backup('b2', hour)] },
      ['rehearsal-in-future'],
    ],
    [
      'one is dated in the future, and the other one is old',
      { backups: [backup('b2', -1), backup('b1', 25 * hour)] },
      ['backup-too-old', 'rehearsal-too-old'],
    ],
    [
      'it failed after it had passed',
      { receipts: [{ ...receipt, id: 'r2', result: 'failed', failure: 'x' }, receipt] },
      ['rehearsal-failed'],
    ],
    ['a script is missing', { scripts: scripts.slice(0, 1) }, ['scripts-differ']],
  ])('closes when %s', (_title, facts, kinds) => {
    const decision = decideGate({ ...open, ...facts });
    expect(decision.open).toBe(false);
    expect(decision.open ? [] : decision.reasons.map((reason) => reason.kind)).toEqual(kinds);
  });

  test('names every script that differs from the rehearsed ones', () => {
    const commit = [
      { version: '001', name: 'users', checksum: 'edited' },
      { version: '003', name: 'new', checksum: 'c' },
    ];
    expect(scriptChanges(scripts, commit)).toEqual([
      { kind: 'changed', version: '001', name: 'users' },
      { kind: 'added', version: '003', name: 'new' },
      { kind: 'missing', version: '002', name: 'orders' },
    ]);
  });
});
