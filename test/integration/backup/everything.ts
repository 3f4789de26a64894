import { withSession } from '../../../scripts/database/session/session.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
import { quoteName } from '../../../scripts/sql/quote.ts';
import { testContext } from '../../helpers/context.ts';
import type { RunningServer } from '../../helpers/servers.ts';

/** Statements that make one of everything a database can hold, with rows that are easily spoilt. */
function statements(flavour: Flavour): readonly string[] {
  return [
    `CREATE TABLE users (
       id INT AUTO_INCREMENT PRIMARY KEY,
       name VARCHAR(100) NOT NULL COMMENT 'it''s a name; LOCK TABLES',
       note TEXT COLLATE utf8mb4_bin,
       photo BLOB,
       settings JSON,
       balance DECIMAL(20,5),
       ratio DOUBLE,
       born DATE, seen DATETIME(6), stamped TIMESTAMP NULL,
       flags BIT(5), role ENUM('user','o''admin'), tags SET('a','b'),
       half INT DEFAULT 8,
       whole INT GENERATED ALWAYS AS (half * 2) STORED,
       twice INT GENERATED ALWAYS AS (half * 4) VIRTUAL,
       UNIQUE KEY by_name (name), KEY by_role (role, born)
     ) ENGINE=InnoDB`,
    `INSERT INTO users (id, name, note, photo, settings, balance, ratio, born, seen, flags, role, tags, half) VALUES
      (1, 'Zoé 😀 Ångström', 'a line\nUNLOCK TABLES;\n);\nINSERT INTO', x'00ff0a0d1a275c', '{"b": 1, "a": [true, null]}',
        12345678901234.56789, 0.1, '2024-02-29', '2026-11-22 10:15:30.123456', b'10101', 'o''admin', 'a,b', 1),
      (2, 'back\\\\slash '' quote " \`', '\\r\\n\\t\\0', '', '[]', -0.00001, 1e300, NULL, NULL, NULL, 'user', '', 2),
      (7, 'null', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    `CREATE TABLE \`odd \`\`name/é\` (a INT, b VARCHAR(20)) COMMENT 'no primary key'`,
    `INSERT INTO \`odd \`\`name/é\` VALUES (1, 'x'), (1, 'x'), (NULL, NULL)`,
    `CREATE TABLE empty_one (id INT PRIMARY KEY, user_id INT,
       CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)`,
    `CREATE TABLE latin (t VARCHAR(20)) CHARACTER SET latin1`,
    `INSERT INTO latin VALUES ('é')`,
    `CREATE VIEW a_view AS SELECT id, name FROM users WHERE whole > 2`,
    `CREATE VIEW view_of_view AS SELECT name FROM a_view`,
    `CREATE TRIGGER before_user BEFORE INSERT ON users FOR EACH ROW BEGIN
       -- Table structure for table \`not_one\`
       SET NEW.name = CONCAT(NEW.name, ''); END`,
    `CREATE TRIGGER \`after odd\` AFTER DELETE ON \`odd \`\`name/é\` FOR EACH ROW SET @gone = 1`,
    `CREATE PROCEDURE \`do it\`(IN days INT) BEGIN SELECT ';;', days; END`,
    `CREATE FUNCTION twice_of(x INT) RETURNS INT DETERMINISTIC RETURN x * 2`,
    `CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM empty_one`,
    ...(flavour === 'mariadb' ? ['CREATE SEQUENCE numbers START WITH 5', 'SELECT NEXTVAL(numbers)'] : []),
  ];
}

/** Makes a database that holds one of everything; its name. */
export async function createEverything(
  running: RunningServer,
  flavour: Flavour,
  name?: string,
): Promise<string> {
  const database = await running.createDatabase(name);
  await runAll(running, database, statements(flavour));
  return database;
}

/** Runs statements in a database, as root. */
export async function runAll(
  running: RunningServer,
  database: string,
  sql: readonly string[],
): Promise<void> {
  await withSession(testContext(), running.target(database), async (session) => {
    for (const statement of sql) await session.run(statement);
  });
}

/** Makes a table with rows of random-looking text, about so many megabytes of it. */
export async function createRows(
  running: RunningServer,
  database: string,
  table: string,
  megabytes: number,
): Promise<void> {
  const name = quoteName(table);
  const rows = 16_384;
  const width = Math.ceil((megabytes * 1024 * 1024) / rows / 64);
  await runAll(running, database, [
    `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, payload MEDIUMTEXT)`,
    `INSERT INTO ${name} (payload) VALUES ('0')`,
    ...Array.from({ length: Math.log2(rows) }, () => `INSERT INTO ${name} (payload) SELECT '0' FROM ${name}`),
    `UPDATE ${name} SET payload = REPEAT(SHA2(id, 256), ${width})`,
  ]);
}
