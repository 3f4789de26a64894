import { describe, expect, test } from 'vitest';
import { appliedBeyond } from '../../../scripts/gate/going-back.ts';

type Row = Parameters<typeof appliedBeyond>[1][number];

const row = (version: string, checksum: string, changes: Partial<Row> = {}): Row => ({
  version,
  name: 'x',
  checksum,
  state: 'applied',
  inFlight: undefined,
  connectionId: '7',
  accepted: [],
  ...changes,
});

describe('what is applied beyond the scripts of a commit', () => {
  const scripts = [
    { version: '001', name: 'x', checksum: 'a' },
    { version: '2', name: 'x', checksum: 'b' },
  ];
  const accepted = [{ checksum: 'b', at: '', by: '', because: '' }];

  test.each<[string, Row[], string[] | undefined]>([
    // the case, the ledger, what is beyond; undefined: something would run, or it cannot be told
    ['all of them', [row('001', 'a'), row('002', 'b')], []],
    ['and later ones', [row('001', 'a'), row('002', 'b'), row('003', 'c')], ['003_x']],
    ['one is not applied', [row('001', 'a'), row('003', 'c')], undefined],
    ['one has another text', [row('001', 'a'), row('002', 'edited')], undefined],
    ['another text that was accepted', [row('001', 'a'), row('002', 'ran', { accepted })], []],
    [
      'a baseline, of which no text is known',
      [row('001', '', { connectionId: undefined }), row('2', 'b')],
      [],
    ],
    [
      'a later one has failed',
      [row('001', 'a'), row('2', 'b'), row('3', 'c', { state: 'failed' })],
      undefined,
    ],
    ['one is at work', [row('001', 'a'), row('2', 'b', { state: 'applying' })], undefined],
    ['no ledger', [], undefined],
  ])('%s', (_title, ledger, expected) => {
    expect(appliedBeyond(scripts, ledger)).toEqual(expected);
  });
});
