import { expect, test } from 'vitest';
import { deferTable, hasPrimaryKey } from '../../../../scripts/sql/table-definition.ts';

const table = (items: readonly string[], tail = ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4'): string =>
  `CREATE TABLE \`t\` (\n  ${items.join(',\n  ')}\n${tail}`;

test('secondary indexes and foreign keys are taken out, and come back in their order', () => {
  const create = table([
    '`id` int(11) NOT NULL AUTO_INCREMENT',
    "`a` varchar(20) DEFAULT ',\\'(' COMMENT 'KEY `x` (`y`), ('",
    '`b` text DEFAULT NULL',
    'PRIMARY KEY (`id`)',
    'UNIQUE KEY `u` (`a`,`id`)',
    'KEY `k` (`a`(3)) /*!80000 INVISIBLE */',
    'FULLTEXT KEY `f` (`b`)',
    'FULLTEXT KEY `g` (`a`,`b`)',
    'CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `other` (`a`) ON DELETE CASCADE',
    'CONSTRAINT `positive` CHECK (`id` > 0)',
  ]);
  const deferred = deferTable(create, true);
  expect(deferred?.create).toBe(
    table([
      '`id` int(11) NOT NULL AUTO_INCREMENT',
      "`a` varchar(20) DEFAULT ',\\'(' COMMENT 'KEY `x` (`y`), ('",
      '`b` text DEFAULT NULL',
      'PRIMARY KEY (`id`)',
      'CONSTRAINT `positive` CHECK (`id` > 0)',
    ]),
  );
  expect(deferred?.keys).toEqual([
    'ALTER TABLE `t` ADD UNIQUE KEY `u` (`a`,`id`), ADD KEY `k` (`a`(3)) /*!80000 INVISIBLE */',
    'ALTER TABLE `t` ADD FULLTEXT KEY `f` (`b`)',
    'ALTER TABLE `t` ADD FULLTEXT KEY `g` (`a`,`b`)',
  ]);
  expect(deferred?.foreignKeys).toBe(
    'ALTER TABLE `t` ADD CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `other` (`a`) ON DELETE CASCADE',
  );
});

test('a small table keeps its indexes, and waits with its foreign keys only', () => {
  const create = table([
    '`id` int NOT NULL',
    'PRIMARY KEY (`id`)',
    'KEY `k` (`id`)',
    'CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`)',
  ]);
  expect(deferTable(create, false)).toEqual({
    create: table(['`id` int NOT NULL', 'PRIMARY KEY (`id`)', 'KEY `k` (`id`)']),
    keys: [],
    keyCount: 0,
    foreignKeys: 'ALTER TABLE `t` ADD CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`)',
  });
});

test.each([
  [
    'the key that AUTO_INCREMENT needs, and those before it',
    [
      '`a` int NOT NULL',
      '`n` int NOT NULL AUTO_INCREMENT',
      'PRIMARY KEY (`a`,`n`)',
      'KEY `first` (`a`)',
      'KEY `n` (`n`)',
      'KEY `last` (`a`)',
    ],
    ['ALTER TABLE `t` ADD KEY `last` (`a`)'],
  ],
  [
    'unique keys where there is no primary one',
    ['`a` int NOT NULL', 'UNIQUE KEY `u` (`a`)', 'KEY `k` (`a`)'],
    ['ALTER TABLE `t` ADD KEY `k` (`a`)'],
  ],
  [
    'what only MariaDB has, and reads the rows for',
    ['`a` longtext', 'PRIMARY KEY (`id`)', 'UNIQUE KEY `u` (`a`) USING HASH', 'KEY `k` (`b`)'],
    ['ALTER TABLE `t` ADD KEY `k` (`b`)'],
  ],
  ['nothing', ['`id` int NOT NULL', 'PRIMARY KEY (`id`)'], []],
])('%s stays', (_what, items, keys) => {
  expect(deferTable(table(items), true)?.keys).toEqual(keys);
});

test.each([
  ['another engine', table(['`a` int'], ') ENGINE=MyISAM')],
  ['a text without an end', 'CREATE TABLE `t` (\n  `a` int'],
  ['a text that is no such statement', 'CREATE VIEW `t` AS SELECT 1'],
])('%s is made as it stands', (_what, create) => {
  expect(deferTable(create, true)).toBeUndefined();
});

test('a table with its history keeps its indexes, and waits with its foreign keys only', () => {
  const versioned = ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 WITH SYSTEM VERSIONING';
  const create = table(
    [
      '`id` int',
      'PRIMARY KEY (`id`)',
      'KEY `k` (`id`)',
      'CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`)',
    ],
    versioned,
  );
  expect(deferTable(create, true)).toEqual({
    create: table(['`id` int', 'PRIMARY KEY (`id`)', 'KEY `k` (`id`)'], versioned),
    keys: [],
    keyCount: 0,
    foreignKeys: 'ALTER TABLE `t` ADD CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`)',
  });
});

test('names may hold anything', () => {
  const create =
    'CREATE TABLE `a``(\n,` (\n  `x)\n,` int NOT NULL,\n  PRIMARY KEY (`x)\n,`),\n  KEY `k\n` (`x)\n,`)\n) ENGINE=InnoDB';
  expect(deferTable(create, true)).toEqual({
    create: 'CREATE TABLE `a``(\n,` (\n  `x)\n,` int NOT NULL,\n  PRIMARY KEY (`x)\n,`)\n) ENGINE=InnoDB',
    keys: ['ALTER TABLE `a``(\n,` ADD KEY `k\n` (`x)\n,`)'],
    keyCount: 1,
    foreignKeys: null,
  });
});

test('a table has an order of its own when it has a primary key', () => {
  expect(hasPrimaryKey(table(['`a` int', 'PRIMARY KEY (`a`)']))).toBe(true);
  expect(hasPrimaryKey(table(["`a` int COMMENT 'PRIMARY KEY (`a`)'", 'UNIQUE KEY `a` (`a`)']))).toBe(false);
});
