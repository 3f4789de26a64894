import { expect, it } from 'vitest';
import { standingBetween } from '../../../scripts/release/stage.ts';

type Row = Parameters<typeof standingBetween>[0][number];
const script = (version: string, checksum = 'a', changes: Partial<Row> = {}): Row => ({
  version,
  checksum,
  name: 'x',
  connectionId: '7',
  accepted: [],
  ...changes,
});
const accepted = [{ checksum: 'b', at: '', by: '', because: '' }];

it.each([
  ['nothing was migrated', [], [], []],
  ['the release has everything', [script('001'), script('002')], [script('001'), script('002')], []],
  ['the release has more', [script('001')], [script('001'), script('002')], []],
  ['numbers are written otherwise', [script('1')], [script('001')], []],
  ['the release lacks one', [script('001'), script('002')], [script('001')], ['002_x']],
  ['the release brings none', [script('001')], [], ['001_x']],
  ['the release has one otherwise', [script('001', 'b')], [script('001', 'a')], ['001_x']],
  ['the release has an accepted text', [script('001', 'a', { accepted })], [script('001', 'b')], []],
  ['the release has the text from before', [script('001', 'a', { accepted })], [script('001', 'a')], []],
  ['maj did not run it', [script('001', 'b', { connectionId: undefined })], [script('001', 'a')], []],
])(
  'between a database and an older release stands what it does not know: %s',
  (_, ledger, scripts, expected) => {
    expect(standingBetween(ledger, scripts)).toEqual(expected);
  },
);
