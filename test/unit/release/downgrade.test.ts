import { expect, it } from 'vitest';
import { standingBetween } from '../../../scripts/release/downgrade.ts';

const script = (version: string, checksum = 'a'): { version: string; checksum: string; name: string } => ({
  version,
  checksum,
  name: 'x',
});

it.each([
  ['nothing was migrated', [], [], []],
  ['the release has everything', [script('001'), script('002')], [script('001'), script('002')], []],
  ['the release has more', [script('001')], [script('001'), script('002')], []],
  ['numbers are written otherwise', [script('1')], [script('001')], []],
  ['the release lacks one', [script('001'), script('002')], [script('001')], ['002_x']],
  ['the release brings none', [script('001')], [], ['001_x']],
  ['the release has one otherwise', [script('001', 'b')], [script('001', 'a')], ['001_x']],
])(
  'between a database and an older release stands what it does not know: %s',
  (_, ledger, scripts, expected) => {
    expect(standingBetween(ledger, scripts)).toEqual(expected);
  },
);
