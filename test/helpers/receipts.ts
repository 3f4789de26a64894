import type { Receipt } from '../../scripts/rehearsal/receipt.ts';

/** A receipt of a rehearsal that passed and met nothing, with what a test says of it. */
export const receiptWith = (said: Partial<Receipt> = {}): Receipt => ({
  format: 1,
  number: 1,
  id: 'r1',
  createdAt: '2026-01-01T00:00:00.000Z',
  result: 'passed',
  failure: null,
  backup: 'b1',
  dumpSha256: 'd',
  server: { flavour: 'mariadb', version: '10.11.19' },
  rehearsedOn: '10.11.19',
  scripts: [],
  pending: [],
  schemaBefore: 's1',
  schemaAfter: 's2',
  evidence: [],
  durationMs: { backup: 1, proof: 1, migrations: 1 },
  ...said,
});
