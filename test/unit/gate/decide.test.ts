import { describe, expect, test } from 'vitest';
import { decideGate, scriptChanges, type GateFacts } from '../../../scripts/gate/decide.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';

const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const ago = (milliseconds: number): string => new Date(now.getTime() - milliseconds).toISOString();

const scripts = [
  { version: '001', name: 'users', checksum: 'a' },
  { version: '002', name: 'orders', checksum: 'b' },
];

const receipt: Receipt = {
  format: 1,
  id: 'r1',
  createdAt: ago(hour),
  result: 'passed',
  failure: null,
  backup: 'b1',
  dumpSha256: 'd',
  server: { flavour: 'mariadb', version: '10.11.19' },
  rehearsedOn: '10.11.19',
  scripts,
  pending: ['002'],
  schemaBefore: 's1',
  schemaAfter: 's2',
  evidence: [],
  durationMs: { backup: 1, proof: 1, migrations: 1 },
};

const open: GateFacts = {
  scripts,
  backups: [{ id: 'b1', createdAt: ago(hour), proven: true }],
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

  test('opens at exactly the allowed age and closes a millisecond later', () => {
    const at = (milliseconds: number): GateFacts => ({
      ...open,
      backups: [{ id: 'b1', createdAt: ago(milliseconds), proven: true }],
    });
    expect(decideGate(at(24 * hour)).open).toBe(true);
    expect(decideGate(at(24 * hour + 1)).open).toBe(false);
  });

  test.each<[string, Partial<GateFacts>, string[]]>([
    ['there is no backup', { backups: [], receipts: [] }, ['no-backup', 'not-rehearsed']],
    [
      'no backup is proven',
      { backups: [{ id: 'b1', createdAt: ago(hour), proven: false }] },
      ['no-proven-backup', 'rehearsed-backup-gone'],
    ],
    [
      'the proven backup is old',
      { backups: [{ id: 'b1', createdAt: ago(25 * hour), proven: true }] },
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
        backups: [
          { id: 'b1', createdAt: ago(25 * hour), proven: true },
          { id: 'b2', createdAt: ago(hour), proven: true },
        ],
      },
      ['rehearsal-too-old'],
    ],
    [
      'the rehearsed backup is gone',
      { backups: [{ id: 'b9', createdAt: ago(hour), proven: true }] },
      ['rehearsed-backup-gone'],
    ],
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
