import { expect, test } from 'vitest';
import { copyGrants, harmlessGrants, lacksOnLive, mayOnLive } from '../../../scripts/database/grants.ts';

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

const whole = (privileges: string): unknown => ({ privileges, on: null });

test.each([
  ['root', root, [whole('ALL PRIVILEGES')]],
  ['whoever nobody could ask about', undefined, [whole('ALL PRIVILEGES')]],
  ['all of this database', ['GRANT ALL PRIVILEGES ON `app`.* TO `a`@`%`'], [whole('ALL PRIVILEGES')]],
  ['of another database', ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT ALL PRIVILEGES ON `b`.* TO `a`@`%`'], []],
  [
    'what holds everywhere counts for this database, what is of the server does not',
    [
      'GRANT SELECT, FILE, SUPER, DELETE HISTORY ON *.* TO `a`@`%`',
      'GRANT CREATE VIEW ON `a\\_p`.* TO `a`@`%`',
    ],
    [whole('SELECT, DELETE HISTORY')],
  ],
  [
    'but what was revoked',
    ['GRANT SELECT, DROP ON *.* TO `a`@`%`', 'REVOKE DROP ON `app`.* FROM `a`@`%`'],
    [whole('SELECT')],
  ],
  [
    'tables, columns and routines',
    [
      'GRANT SELECT (`a, b`, `c``d`), INSERT ON `app`.`t``u` TO `a`@`%`',
      'GRANT SELECT (id) ON `app`.`t` TO `a`@`%` WITH GRANT OPTION',
      'GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE `app`.`p` TO `a`@`%`',
      'GRANT SELECT ON `b`.`t` TO `a`@`%`',
    ],
    [
      { privileges: 'SELECT (`a, b`, `c``d`), INSERT', on: { type: 'TABLE', name: 't`u' } },
      { privileges: 'SELECT (id)', on: { type: 'TABLE', name: 't' } },
      { privileges: 'EXECUTE, ALTER ROUTINE', on: { type: 'PROCEDURE', name: 'p' } },
    ],
  ],
  [
    'nothing that only looks like a grant',
    [
      'GRANT CREATE USER ON *.* TO root@localhost; -- ON `app`.`t` TO `a`@`%`',
      'GRANT SELECT ON `app`.`t` -- ',
      `GRANT ${'A'.repeat(50_000)}`,
      `GRANT SELECT (${'`a`, '.repeat(20_000)}`,
    ],
    [],
  ],
])('on the copy’s database is given: %s', (_, live, expected) => {
  expect(copyGrants(live, 'app')).toEqual(expected);
});

test.each([
  [1142, "ALTER command denied to user 'a'@'localhost' for table `app`.`t`", 'ALTER'],
  [1142, "INSERT, CREATE command denied to user 'a'@'localhost' for table 't'", 'CREATE'],
  [1142, "SELECT command denied to user 'a'@'localhost' for table 'precious'", undefined],
  [1370, "alter routine command denied to user 'a'@'localhost' for routine 'app.p'", 'ALTER ROUTINE'],
  [1044, "Access denied for user 'a'@'localhost' to database 'app'", ''],
  [1044, "Access denied for user 'a'@'localhost' to database 'neighbour'", undefined],
  [1227, words, undefined],
])('what the live account lacks, by error %i: %s', (errno, message, expected) => {
  const live = ['GRANT SELECT, INSERT ON `app`.* TO `a`@`%`'];
  expect(lacksOnLive(live, 'app', { errno, message })).toBe(expected);
  expect(lacksOnLive(undefined, 'app', { errno, message })).toBeUndefined();
  expect(lacksOnLive(root, 'app', { errno, message })).toBeUndefined();
});
