import { expect, test } from 'vitest';
import { harmlessGrants, mayOnLive } from '../../../scripts/database/harmless-grants.ts';

const mariadb = new Set(['FILE', 'SUPER', 'RELOAD', 'PROCESS', 'BINLOG ADMIN', 'BINLOG REPLAY', 'SET USER']);
const mysql = new Set([
  ...['FILE', 'SUPER', 'RELOAD', 'PROCESS', 'CREATE USER', 'SYSTEM_VARIABLES_ADMIN', 'SYSTEM_USER'],
  ...['SESSION_VARIABLES_ADMIN', 'SET_ANY_DEFINER', 'BINLOG_ADMIN', 'REPLICATION_SLAVE_ADMIN'],
]);
const root = ['GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION'];

test.each([
  ['root of MariaDB', root, mariadb, ['RELOAD', 'BINLOG ADMIN', 'SET USER']],
  ['root of MySQL', root, mysql, ['RELOAD', 'SESSION_VARIABLES_ADMIN', 'SET_ANY_DEFINER']],
  ['whoever nobody could ask about', undefined, mariadb, ['RELOAD', 'BINLOG ADMIN', 'SET USER']],
  [
    'an application',
    ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT ALL PRIVILEGES ON `app`.* TO `a`@`%`'],
    mysql,
    ['SET_ANY_DEFINER'],
  ],
  [
    'an account with privileges that are never given',
    [
      'GRANT FILE, PROCESS, CREATE USER ON *.* TO `a`@`%`',
      'GRANT SYSTEM_VARIABLES_ADMIN,BINLOG_ADMIN ON *.* TO `a`@`%`',
    ],
    mysql,
    ['SET_ANY_DEFINER'],
  ],
  [
    'one with SUPER',
    ['GRANT SUPER ON *.* TO `a`@`%`'],
    mysql,
    ['SESSION_VARIABLES_ADMIN', 'SET_ANY_DEFINER'],
  ],
  ['all of a database of a pattern', ['GRANT ALL PRIVILEGES ON `%`.* TO `a`@`%`'], mariadb, ['SET USER']],
])('%s is given what is harmless', (_, live, known, expected) => {
  expect(harmlessGrants(live, known)).toEqual(expected);
});

const words =
  'Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for this operation';
const older =
  'Access denied; you need (at least one of) the SUPER, BINLOG ADMIN privilege(s) for this operation';

test.each([
  ['root', root, words, true],
  ['one of the two', ['GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `a`@`%`'], words, true],
  ['the second', ['GRANT BINLOG ADMIN ON *.* TO `a`@`%`'], older, true],
  ['another', ['GRANT FILE ON *.* TO `a`@`%`'], words, false],
  ['nobody could ask', undefined, words, undefined],
  ['no privilege named', root, "DROP command denied to user 'root'@'localhost'", undefined],
])('whether it may be done live: %s', (_, live, said, expected) => {
  expect(mayOnLive(live, said)).toBe(expected);
});
