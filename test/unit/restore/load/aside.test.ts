import { expect, test } from 'vitest';
import { aboutTable, namesAside, shadowTable } from '../../../../scripts/restore/load/shadow-tables.ts';

test.each([
  ['DROP TABLE IF EXISTS `t`', 'DROP TABLE IF EXISTS `n`'],
  ['CREATE TABLE `t` (\n  `t` int\n) ENGINE=InnoDB', 'CREATE TABLE `n` (\n  `t` int\n) ENGINE=InnoDB'],
  ["INSERT INTO `t` VALUES ('INSERT INTO `t`')", "INSERT INTO `n` VALUES ('INSERT INTO `t`')"],
  ['INSERT INTO `t` (`a`) VALUES\n(1)', 'INSERT INTO `n` (`a`) VALUES\n(1)'],
  [
    "LOAD DATA LOCAL INFILE 'rows' INTO TABLE `t` CHARACTER SET utf8mb4",
    "LOAD DATA LOCAL INFILE 'rows' INTO TABLE `n` CHARACTER SET utf8mb4",
  ],
  ['/*!40000 ALTER TABLE `t` DISABLE KEYS */', '/*!40000 ALTER TABLE `n` DISABLE KEYS */'],
  ['ALTER TABLE `t` ADD KEY `t` (`t`)', 'ALTER TABLE `n` ADD KEY `t` (`t`)'],
  ['/*!40101 SET @saved_cs_client = @@character_set_client */', undefined],
  ['SET character_set_client = utf8mb4', undefined],
])('%s is about a table of another name as well', (statement, expected) => {
  expect(aboutTable(statement, 't', 'n')).toBe(expected ?? statement);
  expect(aboutTable(statement, 't', 't')).toBe(statement);
});

test.each(['DROP TABLE IF EXISTS `other`', 'TRUNCATE `t`', 'UPDATE `t` SET a = 1', 'SET GLOBAL x = 1'])(
  '%s is never run in the place of a statement about the table',
  (statement) => {
    expect(() => aboutTable(statement, 't', 'n')).toThrow('not a statement about');
  },
);

test('names are free, though a restore that was killed has left some', () => {
  expect(
    namesAside(['a', 'b'], ['a', 'users', 'maj_restore_old_7', 'maj_restore_new_3', 'maj_restore_old_x']),
  ).toEqual([
    { name: 'a', aside: 'maj_restore_new_8', former: 'maj_restore_old_8' },
    { name: 'b', aside: 'maj_restore_new_9', former: 'maj_restore_old_9' },
  ]);
  expect(namesAside(['a'], [])).toEqual([
    { name: 'a', aside: 'maj_restore_new_1', former: 'maj_restore_old_1' },
  ]);
});

const create = [
  'CREATE TABLE `t` (',
  '  `a` int DEFAULT NULL,',
  '  CONSTRAINT `positive` CHECK ((`a` > 0)),',
  '  CONSTRAINT `t_chk_1` CHECK ((`a` < 9)) /*!80016 NOT ENFORCED */',
  ') ENGINE=InnoDB',
].join('\n');

test('on MySQL checks have names that become theirs, or come afterwards', () => {
  expect(shadowTable(create, 't', 'n', 'mysql')).toEqual({
    create: [
      'CREATE TABLE `n` (',
      '  `a` int DEFAULT NULL,',
      '  CONSTRAINT `n_chk_1` CHECK ((`a` < 9)) /*!80016 NOT ENFORCED */',
      ') ENGINE=InnoDB',
    ].join('\n'),
    afterwards: ['ALTER TABLE `t` ADD CONSTRAINT `positive` CHECK ((`a` > 0))'],
  });
});

test('on MariaDB the names of checks are the table’s own', () => {
  expect(shadowTable(create, 't', 'n', 'mariadb')).toEqual({
    create: create.replace('`t`', '`n`'),
    afterwards: [],
  });
});
