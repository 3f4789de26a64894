import { expect, test } from 'vitest';
import { canonicalLine } from '../../../scripts/dump/canonical.ts';
import type { PartKind } from '../../../scripts/dump/part.ts';

const options = { database: 'db', definers: 'keep' } as const;

const same: readonly (readonly [why: string, kind: PartKind, one: string, other: string])[] = [
  [
    'MySQL 9.7 names the charset that a collation implies once the table was loaded from a dump',
    'table',
    '  `t` text COLLATE utf8mb4_general_ci,',
    '  `t` text CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,',
  ],
  [
    'the same behind the quotes of an enumeration',
    'table',
    "  `e` enum('a','b''c') COLLATE latin1_bin DEFAULT 'a'",
    "  `e` enum('a','b''c') CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'a'",
  ],
  [
    'the files of a table are elsewhere',
    'table',
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='a' DATA DIRECTORY='/mnt/it''s/' INDEX DIRECTORY='/mnt/'",
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='a'",
  ],
  [
    'those of a partition are',
    'table',
    "(PARTITION `a` VALUES LESS THAN (10) DATA DIRECTORY = '/mnt' ENGINE = InnoDB,",
    '(PARTITION `a` VALUES LESS THAN (10) ENGINE = InnoDB,',
  ],
  [
    'MariaDB 10.11 names the database in a view whose definer may not read the table',
    'view-body',
    "/*!50001 VIEW `v` AS select `db`.`users`.`id` AS `id`,'`db`.' AS `x` from `users` */;",
    "/*!50001 VIEW `v` AS select `users`.`id` AS `id`,'`db`.' AS `x` from `users` */;",
  ],
];

const different: readonly (readonly [why: string, kind: PartKind, one: string, other: string])[] = [
  ['another collation', 'table', '  `t` text COLLATE utf8mb4_bin', '  `t` text COLLATE utf8mb4_general_ci'],
  [
    'a charset that the collation does not imply',
    'table',
    '  `t` text CHARACTER SET latin1',
    '  `t` text CHARACTER SET utf8mb4',
  ],
  [
    'what is written in a comment',
    'table',
    "  `t` int COMMENT 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'",
    "  `t` int COMMENT 'COLLATE utf8mb4_bin'",
  ],
  [
    'a folder that is written in a comment',
    'table',
    ") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/a'''",
    ") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/b'''",
  ],
  [
    'another database in a view',
    'view-body',
    '/*!50001 VIEW `v` AS select `other`.`users`.`id` AS `id` */;',
    '/*!50001 VIEW `v` AS select `users`.`id` AS `id` */;',
  ],
  ['the database in the body of a routine', 'routines', 'select `db`.`users`.`id`', 'select `users`.`id`'],
  ['a type', 'table', '  `a` int', '  `a` bigint'],
];

test.each(same)('%s', (_why, kind, one, other) => {
  expect(canonicalLine(kind, one, options)).toBe(canonicalLine(kind, other, options));
});

test.each(different)('%s is a difference', (_why, kind, one, other) => {
  expect(canonicalLine(kind, one, options)).not.toBe(canonicalLine(kind, other, options));
});

test('versions, hosts and the sandbox line in the header say nothing of the database; its settings do', () => {
  const header = ['-- Server version\t10.11.6-MariaDB', '/*M!999999\\- enable the sandbox mode */ '];
  expect(header.map((line) => canonicalLine('header', line, options))).toEqual([undefined, undefined]);
  expect(canonicalLine('header', '/*!40101 SET NAMES utf8mb4 */;', options)).toBe(
    '/*!40101 SET NAMES utf8mb4 */;',
  );
});
