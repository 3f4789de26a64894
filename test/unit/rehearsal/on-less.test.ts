import { expect, test } from 'vitest';
import { rehearsedOnMore } from '../../../scripts/rehearsal/fewer-rows.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const receipt = (number: number, dumpBytes: number | undefined): Receipt =>
  receiptWith({
    number,
    id: `r${number}`,
    dumpBytes,
    database: { name: `shop_${number}`, address: '/s', sqlMode: null },
  });

test.each<[string, number | undefined, readonly Receipt[], string | undefined]>([
  ['the first one', 1000, [], undefined],
  ['as much as before', 4_000_000, [receipt(2, 4_100_000)], undefined],
  ['more than before', 4_000_000, [receipt(2, 1000)], undefined],
  ['less than half', 1_000_000, [receipt(2, 4_000_000)], 'shop_2'],
  ['an empty one after one with rows', 3000, [receipt(2, 14_000)], 'shop_2'],
  ['two that are next to empty', 1000, [receipt(2, 9000)], undefined],
  [
    'the one before counts, not the ones before that',
    1000,
    [receipt(2, 1100), receipt(1, 90_000)],
    undefined,
  ],
  ['later ones do not count', 1000, [receipt(4, 90_000)], undefined],
  ['one that does not tell is passed over', 1000, [receipt(2, undefined), receipt(1, 90_000)], 'shop_1'],
  ['it does not tell itself', undefined, [receipt(1, 90_000)], undefined],
])('%s', (_title, dumpBytes, before, database) => {
  expect(rehearsedOnMore({ number: 3, dumpBytes }, before)?.database?.name).toBe(database);
});
