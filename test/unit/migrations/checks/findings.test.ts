import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkScript } from '../../../../scripts/migrations/checks/check.ts';
import { findingCodes, severities, type FindingCode } from '../../../../scripts/migrations/checks/finding.ts';
import { rules } from '../../../../scripts/migrations/checks/rules/index.ts';
import { check, codesIn } from './helpers.ts';

interface Example {
  /** Scripts that have the finding; what it is about, where it is about something. */
  readonly has: readonly (readonly [script: string, object?: string])[];
  /** Scripts that look like it. */
  readonly lacks: readonly string[];
}

const table = 'CREATE TABLE a (id INT PRIMARY KEY);';

const examples: Readonly<Record<Exclude<FindingCode, `allow-${string}` | 'server-warning'>, Example>> = {
  'drop-table': {
    has: [
      ['DROP TABLE users', 'users'],
      ['drop table if exists `use``rs`', 'use`rs'],
      ['/*!40101 DROP TABLE users */', 'users'],
      ['CREATE OR REPLACE TABLE users (id INT PRIMARY KEY)', 'users'],
      ['DELIMITER //\nBEGIN NOT ATOMIC IF 1 THEN DROP TABLE users; END IF; END//', 'users'],
      ['SET STATEMENT max_statement_time = 5 FOR DROP TABLE users', 'users'],
      ['CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY); DROP TABLE a', 'a'],
    ],
    lacks: [
      `${table} DROP TABLE a`,
      'DROP TEMPORARY TABLE users',
      "SELECT 'DROP TABLE users'",
      'SELECT 1 AS `DROP TABLE users`',
      '/* DROP TABLE users */ SELECT 1 -- ; DROP TABLE users',
      'DROP VIEW users',
      'DROP INDEX i ON users',
      'DELIMITER //\nCREATE PROCEDURE p() BEGIN DROP TABLE users; END//',
    ],
  },
  'drop-database': { has: [['DROP SCHEMA IF EXISTS shop', 'shop']], lacks: ['DROP TABLE `DATABASE`'] },
  'drop-column': {
    has: [
      ['ALTER TABLE users DROP COLUMN full_name', 'users.full_name'],
      ['ALTER IGNORE TABLE users ADD a INT, DROP IF EXISTS full_name', 'users.full_name'],
      ['ALTER TABLE users DROP `index`', 'users.index'],
    ],
    lacks: [
      'ALTER TABLE users DROP INDEX full_name',
      'ALTER TABLE users DROP PRIMARY KEY, ADD PRIMARY KEY (id)',
      'ALTER TABLE users DROP FOREIGN KEY f, DROP CONSTRAINT c, DROP CHECK d, DROP KEY k',
      "ALTER TABLE users COMMENT 'DROP COLUMN full_name'",
      'ALTER TABLE users ALTER COLUMN full_name DROP DEFAULT',
      'ALTER TABLE users ADD full_name TEXT; ALTER TABLE users DROP COLUMN FULL_NAME',
      `${table} ALTER TABLE a DROP COLUMN b`,
    ],
  },
  'drop-partition': {
    has: [
      ['ALTER TABLE log DROP PARTITION p2024, p2025', 'log'],
      ['ALTER TABLE log TRUNCATE PARTITION ALL', 'log'],
    ],
    lacks: [
      'ALTER TABLE log DROP COLUMN `PARTITION`',
      'ALTER TABLE log ADD PARTITION (PARTITION p VALUES LESS THAN (9))',
    ],
  },
  truncate: {
    has: [
      ['TRUNCATE TABLE users', 'users'],
      ['TRUNCATE users', 'users'],
    ],
    lacks: ['SELECT TRUNCATE(1.5, 0)', `${table} TRUNCATE a`, "INSERT INTO log VALUES ('; TRUNCATE users')"],
  },
  'delete-without-where': {
    has: [
      ['DELETE FROM users', 'users'],
      ['DELETE QUICK IGNORE FROM users ORDER BY (SELECT 1 FROM a WHERE b)', 'users'],
      ['WITH a AS (SELECT 1 WHERE 1) DELETE FROM users', 'users'],
    ],
    lacks: [
      'DELETE FROM users WHERE id = 1',
      'DELETE FROM users LIMIT 10',
      'DELETE u FROM users u JOIN gone g ON g.id = u.id',
      `${table} DELETE FROM a`,
      'EXPLAIN DELETE FROM users',
      'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM users',
    ],
  },
  'update-without-where': {
    has: [
      ["UPDATE users SET name = 'WHERE'", 'users'],
      ['UPDATE users SET `where` = (SELECT 1 WHERE 1)', 'users'],
      ['ALTER TABLE users ADD a INT; UPDATE users SET a = 1, b = 2', 'users'],
    ],
    lacks: [
      'UPDATE users SET name = 1 WHERE id = 1',
      'UPDATE users u JOIN a ON a.id = u.id SET u.name = a.name',
      'ALTER TABLE users ADD a INT, ADD COLUMN (b INT, c INT); UPDATE users SET a = 1, B = IF(a, 2, 3)',
      'INSERT INTO users VALUES (1) ON DUPLICATE KEY UPDATE id = 2',
      'SELECT * FROM users FOR UPDATE',
    ],
  },
  'server-wide': {
    has: [
      ["CREATE USER app@db.example.org IDENTIFIED BY 'x'", 'CREATE USER'],
      ['CREATE OR REPLACE ROLE r', 'CREATE OR REPLACE ROLE'],
      ["SET PASSWORD = 'x'", 'SET PASSWORD'],
      ['GRANT r TO app@localhost', 'GRANT'],
      ['GRANT SELECT ON *.* TO app@localhost', 'GRANT'],
      ["INSTALL SONAME 'ha_blackhole'", 'INSTALL SONAME'],
      ["CREATE FUNCTION f RETURNS STRING SONAME 'f.so'", 'CREATE … SONAME'],
      ['SHUTDOWN', 'SHUTDOWN'],
      ['RESET MASTER', 'RESET MASTER'],
    ],
    lacks: [
      'GRANT SELECT ON users TO app@localhost; GRANT SELECT ON shop.* TO app@localhost',
      'FLUSH PRIVILEGES; RESET QUERY CACHE; START TRANSACTION; COMMIT',
      'DELIMITER //\nCREATE PROCEDURE p() BEGIN DECLARE password TEXT; SET password = 1; END//',
      'ALTER TABLE user ADD shutdown INT; DROP TABLE role',
    ],
  },
  'other-database': {
    has: [
      ['SELECT * FROM other.users', 'other'],
      ['SELECT 1 FROM users u, `other`.users', 'other'],
      ['INSERT INTO a SELECT x.id FROM b x JOIN other . users y ON x.id = y.id', 'other'],
      ['UPDATE other.users SET a = 1 WHERE b = 2', 'other'],
      ['SELECT (SELECT MAX(id) FROM (a, other.b))', 'other'],
      ['RENAME TABLE a TO other.a', 'other'],
      ['ALTER TABLE a RENAME TO other.a', 'other'],
      ['CREATE TABLE a LIKE other.a', 'other'],
      ['CREATE TABLE a (id INT PRIMARY KEY, FOREIGN KEY (b) REFERENCES other.b (id))', 'other'],
      ['CREATE INDEX i ON other.a (b)', 'other'],
      ['CREATE TRIGGER t AFTER INSERT ON other.a FOR EACH ROW SET @a = 1', 'other'],
      ['CREATE VIEW v AS SELECT other.a.id FROM a', 'other'],
      ['SELECT other.price(1)', 'other'],
      ['CALL other.p()', 'other'],
      ['CREATE DATABASE IF NOT EXISTS other', 'other'],
      ['GRANT SELECT, INSERT ON other.* TO x@localhost', 'other'],
      ['LOCK TABLES a READ, other.b WRITE; UNLOCK TABLES', 'other'],
      ['DROP VIEW a, other.b', 'other'],
      ['SELECT a.b FROM c WHERE d IN (SELECT e FROM other.f)', 'other'],
      ['/*!50000 DROP TABLE other.a */', 'other'],
      ['SELECT * FROM mysql.user', 'mysql'],
      ['UPDATE a SET value = (SELECT b FROM c, other.d) WHERE e', 'other'],
      ['INSERT INTO a VALUES (1, (SELECT b FROM c, other.d))', 'other'],
      ['DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; DELETE FROM other.a WHERE b; END//', 'other'],
    ],
    lacks: [
      'SELECT u.id, other.name FROM users u, a other WHERE other.id = u.id',
      'SELECT event, t.a, view, t.b FROM t',
      'SELECT EXTRACT(DAY FROM t.day), TRIM(LEADING t.a FROM t.b) FROM t',
      'INSERT INTO t (t.a, t.b) VALUES (t.c, 1) ON DUPLICATE KEY UPDATE t.a = 1, t.b = VALUES(t.c)',
      'SELECT INSERT(t.a, 1, 2, t.b), REPLACE(t.c, t.d, t.e) FROM t',
      'UPDATE t JOIN u USE INDEX (i) ON t.a = u.a SET t.b = u.b, t.c = u.c',
      'DELETE t.* FROM t JOIN u ON t.a = u.a',
      "SELECT 'FROM other.users', `FROM other`.a FROM `FROM other`",
      'SET @@session.sql_mode = @a.b.c',
      "CREATE USER app@db.example.org IDENTIFIED BY 'x'",
      'SELECT * FROM information_schema.TABLES',
      'CREATE TABLE a LIKE b',
      'SELECT * FROM t WHERE t.a LIKE t.b AND t.c IN (t.d, t.e)',
      'SELECT 1.5, 2.e FROM t',
      'ALTER DATABASE CHARACTER SET utf8mb4',
      'INSERT INTO t SELECT a.x, b.y FROM a JOIN b USING (id) GROUP BY a.x, b.y ORDER BY a.x DESC, b.y',
      'DELIMITER //\nCREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW BEGIN SET NEW.b = OLD.c, NEW.d = OLD.e; END//',
    ],
  },
  'set-global': {
    has: [
      ['SET GLOBAL max_connections = 9', 'max_connections'],
      ['SET @a = 1, @@GLOBAL.max_connections := 9', 'max_connections'],
      ['SET PERSIST max_connections = 9', 'max_connections'],
    ],
    lacks: ['SET @a = @@GLOBAL.max_connections', 'SET SESSION sort_buffer_size = 9', "SET @a = 'GLOBAL'"],
  },
  'change-type': {
    has: [
      ['ALTER TABLE users MODIFY name VARCHAR(9)', 'users.name'],
      ['ALTER TABLE users CHANGE COLUMN name name VARCHAR(9)', 'users.name'],
    ],
    lacks: [
      'ALTER TABLE users ALTER COLUMN name SET DEFAULT 1',
      'ALTER TABLE users ADD name INT; ALTER TABLE users MODIFY name BIGINT',
      `${table} ALTER TABLE a MODIFY id BIGINT`,
      "ALTER TABLE users MODIFY role ENUM('a')",
    ],
  },
  'enum-changed': {
    has: [
      ["ALTER TABLE users MODIFY role ENUM('a', 'b') NOT NULL", 'users.role'],
      ["ALTER TABLE users CHANGE role role SET('a')", 'users.role'],
    ],
    lacks: ["ALTER TABLE users ADD role ENUM('a', 'b')", 'ALTER TABLE users MODIFY `enum` INT'],
  },
  'change-charset': {
    has: [
      ['ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4', 'users'],
      ['ALTER TABLE users MODIFY name TEXT CHARACTER SET utf8mb4', 'users.name'],
      ['ALTER TABLE users MODIFY name VARCHAR(9) COLLATE utf8mb4_bin', 'users.name'],
    ],
    lacks: [
      'ALTER TABLE users DEFAULT CHARSET = utf8mb4',
      'ALTER TABLE users ADD name TEXT COLLATE utf8mb4_bin',
    ],
  },
  'not-null-without-default': {
    has: [
      ['ALTER TABLE users ADD age INT NOT NULL', 'users.age'],
      ['ALTER TABLE users ADD COLUMN IF NOT EXISTS (a INT, age INT NOT NULL AFTER a)', 'users.age'],
    ],
    lacks: [
      'ALTER TABLE users ADD age INT NOT NULL DEFAULT 0',
      'ALTER TABLE users ADD age INT NULL',
      'ALTER TABLE users ADD id INT NOT NULL AUTO_INCREMENT PRIMARY KEY',
      'ALTER TABLE users ADD age INT GENERATED ALWAYS AS (a + 1) STORED NOT NULL',
      "ALTER TABLE users ADD age INT COMMENT 'NOT NULL'",
      'ALTER TABLE users ADD age INT CHECK (age IS NOT NULL)',
      `${table} ALTER TABLE a ADD b INT NOT NULL`,
    ],
  },
  'set-not-null': {
    has: [['ALTER TABLE users MODIFY name VARCHAR(9) NOT NULL DEFAULT 1', 'users.name']],
    lacks: ['ALTER TABLE users MODIFY name VARCHAR(9) NULL'],
  },
  'add-unique': {
    has: [
      ['ALTER TABLE users ADD UNIQUE KEY k (email)', 'users'],
      ['ALTER TABLE users ADD CONSTRAINT k UNIQUE (email)', 'users'],
      ['ALTER TABLE users ADD PRIMARY KEY (email)', 'users'],
      ['ALTER TABLE users MODIFY email VARCHAR(9) UNIQUE', 'users.email'],
      ['CREATE UNIQUE INDEX k ON users (email)', 'users'],
    ],
    lacks: [
      'ALTER TABLE users ADD KEY `UNIQUE` (email)',
      'CREATE INDEX k ON users (email)',
      'ALTER TABLE users ADD id INT AUTO_INCREMENT UNIQUE',
      `${table} ALTER TABLE a ADD UNIQUE (id)`,
      `${table} CREATE UNIQUE INDEX k ON a (id)`,
    ],
  },
  'add-foreign-key': {
    has: [
      ['ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (id)', 'users'],
      ['ALTER TABLE users ADD team INT REFERENCES teams (id)', 'users.team'],
    ],
    lacks: [
      'ALTER TABLE users DROP FOREIGN KEY f',
      'CREATE TABLE a (id INT PRIMARY KEY, FOREIGN KEY (b) REFERENCES c (id))',
    ],
  },
  'add-check': {
    has: [
      ['ALTER TABLE users ADD CHECK (age > 0)', 'users'],
      ['ALTER TABLE users ADD CONSTRAINT CHECK (age > 0)', 'users'],
      ['ALTER TABLE users ADD age INT CHECK (age > 0)', 'users.age'],
    ],
    lacks: ['CREATE TABLE a (id INT PRIMARY KEY CHECK (id > 0))', 'CHECK TABLE users'],
  },
  'rename-table': {
    has: [
      ['RENAME TABLE users TO people', 'users'],
      ['ALTER TABLE users RENAME people', 'users'],
      ['ALTER TABLE users RENAME TO people', 'users'],
    ],
    lacks: ['ALTER TABLE users RENAME INDEX a TO b', `${table} RENAME TABLE a TO users`],
  },
  'rename-column': {
    has: [
      ['ALTER TABLE users RENAME COLUMN name TO full_name', 'users.name'],
      ['ALTER TABLE users CHANGE name full_name TEXT', 'users.name'],
    ],
    lacks: ['ALTER TABLE users CHANGE name Name TEXT', 'ALTER TABLE users RENAME KEY name TO full_name'],
  },
  'table-copy': {
    has: [
      ['ALTER TABLE users ENGINE = InnoDB', 'users'],
      ["ALTER TABLE users COMMENT 'x' ROW_FORMAT = COMPRESSED", 'users'],
      ['ALTER TABLE users PARTITION BY HASH (id) PARTITIONS 4', 'users'],
      ['ALTER TABLE users ADD a INT AS (b) STORED', 'users'],
      ['ALTER TABLE users ADD a INT AUTO_INCREMENT UNIQUE', 'users'],
      ['ALTER TABLE users ADD FULLTEXT KEY f (name)', 'users'],
      ['ALTER TABLE users ADD a INT, ALGORITHM = COPY', 'users'],
      ['ALTER TABLE users DROP PRIMARY KEY, ADD PRIMARY KEY (a)', 'users'],
      ['ALTER TABLE users ORDER BY name', 'users'],
      ['OPTIMIZE TABLE users', 'users'],
    ],
    lacks: [
      "ALTER TABLE users COMMENT 'ENGINE = InnoDB'",
      'ALTER TABLE users ADD `engine` INT',
      'ALTER TABLE users ADD a INT AS (b) VIRTUAL, ALGORITHM = INSTANT',
      'ALTER TABLE users ADD PARTITION (PARTITION p VALUES LESS THAN (9))',
      `${table} ALTER TABLE a ENGINE = InnoDB`,
      'CREATE TABLE a (id INT PRIMARY KEY) ENGINE = InnoDB',
    ],
  },
  'no-primary-key': {
    has: [
      ['CREATE TABLE a (id INT)', 'a'],
      ["CREATE TABLE a (id INT UNIQUE KEY COMMENT 'PRIMARY KEY', KEY `PRIMARY` (id))", 'a'],
      ['CREATE TABLE a AS SELECT 1', 'a'],
      ['ALTER TABLE users DROP PRIMARY KEY', 'users'],
    ],
    lacks: [
      'CREATE TABLE a (id INT PRIMARY KEY)',
      'CREATE TABLE a (id INT KEY)',
      'CREATE TABLE a (id INT, CONSTRAINT k PRIMARY KEY (id))',
      'CREATE TABLE a (id INT); ALTER TABLE a ADD b INT, ADD PRIMARY KEY (id)',
      'CREATE TABLE a (id INT); DROP TABLE a',
      'CREATE TABLE a LIKE b; CREATE TABLE c (LIKE b)',
      'CREATE TEMPORARY TABLE a (id INT)',
      'ALTER TABLE users DROP PRIMARY KEY, ADD PRIMARY KEY (id)',
    ],
  },
  'zero-date': {
    has: [
      ["ALTER TABLE a ADD b DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'"],
      ['INSERT INTO a VALUES (1, "0000-00-00")'],
    ],
    lacks: [
      "INSERT INTO a VALUES ('not 0000-00-00')",
      "CREATE TABLE a (id INT PRIMARY KEY COMMENT '0000-00-00') COMMENT = '0000-00-00'",
      'SELECT 1 AS `0000-00-00` -- 0000-00-00',
    ],
  },
  definer: {
    has: [
      ['CREATE DEFINER = `app`@`%` VIEW v AS SELECT 1', 'app@%'],
      ['CREATE OR REPLACE ALGORITHM=MERGE DEFINER=app SQL SECURITY INVOKER VIEW v AS SELECT 1', 'app'],
      [
        '/*!50001 CREATE */ /*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1 */',
        'a@b',
      ],
    ],
    lacks: [
      'CREATE DEFINER = CURRENT_USER TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @a = 1',
      'CREATE SQL SECURITY DEFINER VIEW v AS SELECT 1',
      'CREATE VIEW v AS SELECT definer = 1 FROM a',
    ],
  },
  'qualified-name': {
    has: [
      ['SELECT * FROM shop.users', 'shop'],
      ['ALTER TABLE `shop`.users ADD a INT', 'shop'],
    ],
    lacks: ['SELECT shop.id FROM users shop', "SELECT 'FROM shop.users'"],
  },
  'implicit-commit': {
    has: [
      ['START TRANSACTION; ALTER TABLE a ADD b INT; COMMIT'],
      ['SET autocommit = 0; CREATE VIEW v AS SELECT 1; COMMIT; SET autocommit = 1'],
      ['BEGIN; LOCK TABLES a WRITE; UNLOCK TABLES'],
    ],
    lacks: [
      'START TRANSACTION; INSERT INTO a VALUES (1); COMMIT; ALTER TABLE a ADD b INT',
      'BEGIN; CREATE TEMPORARY TABLE b (id INT); COMMIT',
      "START TRANSACTION; SELECT 'ALTER TABLE a'; ROLLBACK",
    ],
  },
  'session-left-changed': {
    has: [
      ['SET foreign_key_checks = 0', 'foreign_key_checks'],
      ['SET @old = @@sql_mode, SESSION sql_mode = "ANSI"', 'sql_mode'],
      ["/*!40103 SET TIME_ZONE='+00:00' */", 'time_zone'],
      ['SET @@unique_checks = OFF; SET @@unique_checks = ON; SET LOCAL unique_checks = 0', 'unique_checks'],
      ['LOCK TABLES a WRITE', 'LOCK TABLES'],
    ],
    lacks: [
      'SET foreign_key_checks = 0; SET foreign_key_checks = 1',
      'SET @old = @@sql_mode, sql_mode = ANSI; SET sql_mode = @old',
      "SET time_zone = '+00:00'; SET time_zone = DEFAULT",
      'LOCK TABLES a WRITE; UNLOCK TABLES',
      "SET @foreign_key_checks = 0; SELECT 'SET foreign_key_checks = 0'",
      'SET GLOBAL foreign_key_checks = 0',
    ],
  },
  'flavour-syntax': {
    has: [
      ['ALTER TABLE a ADD COLUMN IF NOT EXISTS b INT', 'MariaDB'],
      ['ALTER TABLE a DROP INDEX IF EXISTS b', 'MariaDB'],
      ['ALTER TABLE IF EXISTS a ADD b INT', 'MariaDB'],
      ['CREATE INDEX IF NOT EXISTS i ON a (b)', 'MariaDB'],
      ['CREATE OR REPLACE TABLE a (id INT PRIMARY KEY)', 'MariaDB'],
      ['CREATE SEQUENCE s', 'MariaDB'],
      ['INSERT INTO a VALUES (1) RETURNING id', 'MariaDB'],
      ["SELECT a->'$.b' FROM c", 'MySQL'],
      ["SELECT a->>'$.b' FROM c", 'MySQL'],
      ['SET PERSIST max_connections = 9', 'MySQL'],
      ['VALUES ROW(1, 2)', 'MySQL'],
      ['ALTER TABLE a ALTER INDEX i INVISIBLE', 'MySQL'],
      ['CREATE INDEX i ON a (b, c) INVISIBLE', 'MySQL'],
    ],
    lacks: [
      'ALTER TABLE a ADD b INT CHECK (IF(b, 1, 0))',
      '/*M!100100 CREATE SEQUENCE s */',
      "SELECT '->', a - b > 'c' FROM d",
      'ALTER TABLE a ADD b INT INVISIBLE, ADD INDEX i (b)',
      'INSERT INTO a (`RETURNING`) VALUES (1)',
      'CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY)',
      'CREATE OR REPLACE VIEW v AS SELECT 1',
    ],
  },
  'transaction-control': {
    has: [
      ['START TRANSACTION; COMMIT'],
      ['BEGIN; COMMIT; BEGIN; COMMIT'],
      ['SET autocommit = 0; COMMIT; SET autocommit = 1'],
    ],
    lacks: ["SELECT 'COMMIT'", 'SELECT 1 AS begin', 'DELIMITER //\nCREATE PROCEDURE p() BEGIN COMMIT; END//'],
  },
  'lock-tables': {
    has: [['LOCK TABLES a WRITE; UNLOCK TABLES'], ['FLUSH TABLES WITH READ LOCK; UNLOCK TABLES']],
    lacks: ['SELECT 1 FROM `LOCK TABLES`', 'FLUSH TABLES', 'SELECT * FROM a LOCK IN SHARE MODE'],
  },
  'mixed-ddl-and-rows': {
    has: [['ALTER TABLE a ADD b INT; INSERT INTO a VALUES (1); UPDATE a SET b = 1 WHERE c; DROP VIEW v']],
    lacks: [
      'ALTER TABLE a ADD b INT; SELECT 1; DROP VIEW v',
      'CREATE TEMPORARY TABLE t (id INT); INSERT INTO a SELECT * FROM t',
      "ALTER TABLE a COMMENT '; INSERT INTO a VALUES (1)'",
    ],
  },
  'several-alters': {
    has: [['ALTER TABLE a ADD b INT; ALTER TABLE a ADD c INT; ALTER TABLE a ADD d INT', 'a']],
    lacks: [
      'ALTER TABLE a ADD b INT; ALTER TABLE b ADD c INT',
      `${table} ALTER TABLE a ADD b INT; ALTER TABLE a ADD c INT`,
      'ALTER TABLE a ADD b INT, ADD c INT /* ; ALTER TABLE a ADD d INT */',
    ],
  },
  'dynamic-sql': {
    has: [
      ["SET @s = 'DROP TABLE a'; PREPARE s FROM @s; EXECUTE s; DEALLOCATE PREPARE s"],
      ["EXECUTE IMMEDIATE 'SELECT 1'"],
    ],
    lacks: ["SELECT 'PREPARE s FROM @s'", 'EXECUTE s'],
  },
};

const rows = Object.entries(examples) as [FindingCode, Example][];
const has = rows.flatMap(([code, example]) =>
  example.has.map(([script, object]) => ({ code, script, object })),
);
const lacks = rows.flatMap(([code, example]) => example.lacks.map((script) => ({ code, script })));

describe('a finding', () => {
  test.each(has)('$code is in: $script', ({ code, script, object }) => {
    const found = check(script).filter((finding) => finding.code === code);
    expect(found.map((finding) => finding.object)).toEqual([object]);
    expect(found[0]?.severity).toBe(severities[code]);
  });

  test.each(lacks)('$code is not in: $script', ({ code, script }) => {
    expect(codesIn(script)).not.toContain(code);
  });

  test('is one of a rule, and every file of the folder is a rule that is asked', () => {
    const folder = new URL('../../../../scripts/migrations/checks/rules/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name !== 'index.ts');
    const index = readFileSync(new URL('index.ts', folder), 'utf8');
    const asked = [...index.matchAll(/from '\.\/(.*)'/g)].map(([, name]) => name);
    expect(asked.sort()).toEqual(files.sort());
    expect(rules).toHaveLength(files.length);
  });

  test('weighs the same in each rule that has it', () => {
    for (const { findings } of rules) expect(severities).toMatchObject(findings);
  });

  test('has an example of every code', () => {
    // What only a dry run can tell has its own tests, in evidence.test.ts.
    const own = findingCodes.filter((code) => !code.startsWith('allow-') && code !== 'server-warning');
    expect(rows.map(([code]) => code).sort()).toEqual([...own].sort());
  });

  test('says which object, which construct, and where', () => {
    const script =
      '-- a comment\n\nSELECT 1; ALTER TABLE users\n  ADD a INT NOT NULL,\n  CHANGE `name` full_name TEXT;\n';
    expect(check(script)).toEqual([
      {
        code: 'not-null-without-default',
        severity: 'warning',
        file: '012_change.sql',
        line: 4,
        column: 13,
        statement: 2,
        object: 'users.a',
      },
      {
        code: 'rename-column',
        severity: 'warning',
        file: '012_change.sql',
        line: 5,
        column: 17,
        statement: 2,
        object: 'users.name',
        detail: 'full_name',
      },
      {
        code: 'change-type',
        severity: 'warning',
        file: '012_change.sql',
        line: 5,
        column: 27,
        statement: 2,
        object: 'users.name',
        detail: 'TEXT',
      },
    ]);
  });

  test('counts columns of the first line of a statement from the line’s start', () => {
    expect(check('SELECT 1; DROP TABLE users')).toMatchObject([{ line: 1, column: 22, statement: 2 }]);
  });
});

describe('what is known from outside', () => {
  test('without a database, no name is another’s', () => {
    expect(codesIn('SELECT * FROM a.b; SELECT * FROM c.d', {})).toEqual(['qualified-name', 'qualified-name']);
  });

  test('names of databases are told apart by case, as servers on Linux do', () => {
    expect(codesIn('SELECT * FROM Shop.users')).toEqual(['other-database']);
  });

  test.each([
    ['mariadb', ['flavour-syntax', 'flavour-syntax']],
    ['mysql', ['flavour-syntax']],
  ] as const)('what the flavour of the server (%s) understands is no finding', (flavour, expected) => {
    const script = "SELECT a->'$.b' FROM c; VALUES ROW(1); CREATE SEQUENCE s";
    expect(codesIn(script, { flavour })).toEqual(expected);
  });

  test.each([
    [{ sqlMode: 'ANSI_QUOTES' }, ['drop-table']],
    [{}, []],
  ])('double quotes are read in the script’s sql_mode: %j', (options, expected) => {
    expect(codesIn('DROP TABLE "users"', options)).toEqual(expected);
  });

  test('double quotes are read in the sql_mode that the script sets', () => {
    expect(codesIn('SET sql_mode = \'ANSI\'; DROP TABLE "users"; SET sql_mode = DEFAULT')).toEqual([
      'drop-table',
    ]);
  });
});

describe('any script', () => {
  const pieces = rows.flatMap(([, example]) => [...example.has.map(([script]) => script), ...example.lacks]);
  /** A DELIMITER command holds for what follows. */
  const plain = pieces.filter((script) => !script.includes('DELIMITER'));
  const scripts = fc.array(fc.constantFrom(...plain), { maxLength: 6 }).map((parts) => parts.join(';\n'));

  test('has its findings where a token begins', () => {
    fc.assert(
      fc.property(scripts, (text) => {
        const lines = text.split('\n');
        for (const { line, column, file } of check(text)) {
          expect(file).toBe('012_change.sql');
          expect(lines[line - 1]?.charAt(column - 1)).toMatch(/[\w`"'@#-]/);
        }
      }),
    );
  });

  test('has none when it is a comment or a string', () => {
    fc.assert(
      fc.property(scripts, (text) => {
        expect(check(`/* ${text.replaceAll(/\/\*|\*\//g, '')} */`)).toEqual([]);
        expect(check(`SELECT '${text.replaceAll(/['\\]/g, '')}'`)).toEqual([]);
        expect(check(`SELECT 1 AS \`${text.replaceAll('`', '')}\``)).toEqual([]);
      }),
    );
  });

  test('is read, whatever it holds', () => {
    const words = fc.constantFrom(
      'ALTER TABLE',
      'a',
      'ADD',
      '(',
      ')',
      ',',
      '.',
      'DROP',
      'SET',
      '=',
      'FROM',
      "'x'",
      '`y`',
      'IF',
      '@',
      'MODIFY',
      'CREATE TABLE',
      'RENAME',
      'TO',
      'DEFINER',
      'UPDATE',
      'WITH',
      'NOT',
      '/*!',
      '*/',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 15 }), (parts) => {
        const text = parts.join(' ');
        const statement = { number: 1, text, line: 1, column: 1, hash: '', kind: 'alone' as const };
        for (const { column } of checkScript({ file: 'x.sql', text, statements: [statement] }))
          expect(column).toBeLessThanOrEqual(Math.max(text.length, 1));
      }),
    );
  });
});
