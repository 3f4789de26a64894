import { expect, it } from 'vitest';
import { pairsIn } from '../../../scripts/database/cross-database-tables.ts';

it.each<[string, string, readonly (readonly [string, string])[]]>([
  ['no name', 'select 1 AS `1`', []],
  ['a table of a database', 'select 1 from `other`.`t`', [['other', 't']]],
  [
    'three names in a row: both pairs, for nothing tells which is the table',
    'select `app`.`a`.`id` AS `id`',
    [
      ['app', 'a'],
      ['a', 'id'],
    ],
  ],
  ['a name with a backtick and a point', 'select 1 from `o``ther`.`t.u`', [['o`ther', 't.u']]],
  ['an alias, which looks like a database', 'select `o`.`v` AS `v`', [['o', 'v']]],
  ['names apart', 'select `a` AS `b`', []],
])('in %s', (_, text, pairs) => {
  expect(pairsIn(text)).toEqual(pairs);
});
