import { expect, test } from 'vitest';
import type { Selection } from '../../../scripts/restore/load/plan.ts';
import { replacement, type ExistingObjects } from '../../../scripts/restore/load/swap-tables.ts';

const existing: ExistingObjects = {
  tables: [
    { name: 'users', kind: 'TABLE' },
    { name: 'added', kind: 'TABLE' },
    { name: 'stays', kind: 'TABLE' },
    { name: 'was_a_table', kind: 'VIEW' },
    { name: 'names', kind: 'VIEW' },
    { name: 'numbers', kind: 'SEQUENCE' },
    { name: 'maj_restore_new_1', kind: 'TABLE' },
    { name: 'maj_restore_new_2', kind: 'TABLE' },
    { name: 'maj_restore_new_3', kind: 'TABLE' },
  ],
  triggers: [
    { name: 'of_users', table: 'users' },
    { name: 'of_stays', table: 'stays' },
  ],
  routines: [
    { name: 'twice', kind: 'FUNCTION' },
    { name: 'tools', kind: 'PACKAGE' },
    { name: 'tools', kind: 'PACKAGE BODY' },
  ],
  events: ['nightly'],
};
const arriving = ['users', 'was_a_table', 'missing'].map((name, index) => ({
  name,
  aside: `maj_restore_new_${index + 1}`,
  former: `maj_restore_old_${index + 1}`,
}));
const none: Selection = {
  tables: new Set(),
  sequences: new Set(),
  triggersOf: new Set(),
  code: false,
};

const swap =
  'RENAME TABLE `shop`.`users` TO `shop`.`maj_restore_old_1`, `shop`.`maj_restore_new_1` TO `shop`.`users`, ' +
  '`shop`.`maj_restore_new_2` TO `shop`.`was_a_table`, `shop`.`maj_restore_new_3` TO `shop`.`missing`';
/** What foreign keys of others, which went along with the old table, come back by. */
const back =
  'RENAME TABLE `shop`.`users` TO `shop`.`maj_restore_old_1`, `shop`.`maj_restore_old_1` TO `shop`.`users`';

test('tables come to their names in one statement, and what they replace goes last', () => {
  const going = {
    ...none,
    tables: new Set(['users', 'was_a_table', 'missing', 'added']),
    triggersOf: new Set(['stays']),
  };
  expect(replacement(existing, 'shop', going, arriving, new Set())).toEqual([
    'DROP VIEW IF EXISTS `shop`.`was_a_table`',
    swap,
    'DROP TRIGGER IF EXISTS `shop`.`of_stays`',
    'DROP TABLE IF EXISTS `shop`.`maj_restore_old_1`',
    'DROP TABLE IF EXISTS `shop`.`added`',
    back,
  ]);
});

test('of everything nothing stays, code goes before the tables that it uses, and sequences behind them', () => {
  expect(replacement(existing, 'shop', 'everything', arriving, new Set())).toEqual([
    'DROP EVENT IF EXISTS `shop`.`nightly`',
    'DROP VIEW IF EXISTS `shop`.`was_a_table`',
    'DROP VIEW IF EXISTS `shop`.`names`',
    swap,
    'DROP TABLE IF EXISTS `shop`.`maj_restore_old_1`',
    'DROP TABLE IF EXISTS `shop`.`added`',
    'DROP TABLE IF EXISTS `shop`.`stays`',
    back,
    'DROP SEQUENCE IF EXISTS `shop`.`numbers`',
    'DROP FUNCTION IF EXISTS `shop`.`twice`',
    "SET @maj_sql_mode = @@sql_mode, sql_mode = 'ORACLE'",
    'DROP PACKAGE IF EXISTS `shop`.`tools`',
    'SET sql_mode = @maj_sql_mode',
  ]);
});

test('nothing that goes is nothing to do', () => {
  expect(replacement(existing, 'shop', none, [], new Set())).toEqual([]);
});

test('a sequence that was made for the new tables stays', () => {
  const going = { ...none, sequences: new Set(['numbers']) };
  expect(replacement(existing, 'shop', going, [], new Set())).toEqual([
    'DROP SEQUENCE IF EXISTS `shop`.`numbers`',
  ]);
  expect(replacement(existing, 'shop', going, [], new Set(['numbers']))).toEqual([]);
});
