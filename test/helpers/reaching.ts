import type { Flavour } from '../../scripts/sql/flavour.ts';

/** Kinds of statements that reach beyond the database `app`, and the finding of each. */
const kinds: readonly (readonly [code: string, statement: string])[] = [
  ['other-database', 'DROP DATABASE IF EXISTS neighbour'],
  ['other-database', 'CREATE DATABASE IF NOT EXISTS neighbour'],
  ['other-database', 'CREATE SCHEMA neighbour CHARACTER SET utf8mb4'],
  ['other-database', 'ALTER DATABASE neighbour CHARACTER SET utf8mb4'],
  ['drop-database', 'DROP SCHEMA app'],
  ['other-database', 'CREATE TABLE neighbour.made (id INT PRIMARY KEY)'],
  ['other-database', 'CREATE TABLE made LIKE neighbour.precious'],
  ['other-database', 'DROP TABLE IF EXISTS neighbour.precious'],
  ['other-database', 'TRUNCATE neighbour.precious'],
  ['other-database', 'ALTER TABLE neighbour.precious ADD b INT'],
  ['other-database', 'RENAME TABLE a TO neighbour.a'],
  ['other-database', 'ALTER TABLE a RENAME TO neighbour.a'],
  ['other-database', 'CREATE INDEX i ON neighbour.precious (id)'],
  ['other-database', 'DROP VIEW IF EXISTS neighbour.v'],
  ['other-database', 'INSERT INTO neighbour.precious VALUES (3)'],
  ['other-database', 'INSERT INTO a (id) VALUES (1.5), ((SELECT MAX(id) FROM neighbour.precious))'],
  ['other-database', 'UPDATE a JOIN neighbour.precious p ON p.id = a.id SET a.v = 1 WHERE a.id = 1'],
  ['other-database', 'DELETE FROM neighbour.precious WHERE id = 1'],
  ['other-database', 'CALL neighbour.clean()'],
  ['other-database', 'GRANT SELECT ON neighbour.* TO someone@localhost'],
  ['server-wide', 'GRANT ALL ON *.* TO someone@localhost'],
  ['server-wide', 'REVOKE ALL PRIVILEGES, GRANT OPTION FROM someone@localhost'],
  ['server-wide', 'CREATE USER someone@localhost'],
  ['server-wide', 'DROP USER IF EXISTS someone@localhost'],
  ['server-wide', 'CREATE ROLE someone'],
];

/** What a statement can be hidden in. */
const hidings: Readonly<Record<string, (statement: string) => string>> = {
  plain: (statement) => `${statement};`,
  'a versioned comment': (statement) => `/*!40000 ${statement} */;`,
  'half a versioned comment': (statement) => `${statement.replace(/ (\S+)/, ' /*!40000 $1')} */;`,
  'quoted names and odd spaces': (statement) =>
    `${statement
      .replaceAll(/\b(neighbour|precious|app)\b/g, '`$1`')
      .replaceAll(' ', '  /* . */\n')
      .replaceAll('.`', ' . `')};`,
  'the body of a procedure': (statement) =>
    `DELIMITER //\nCREATE PROCEDURE hidden() BEGIN IF 1 = 1 THEN ${statement}; END IF; END//\nDELIMITER ;\nCALL hidden();`,
  'a procedure without BEGIN': (statement) => `CREATE PROCEDURE hidden() ${statement};\nCALL hidden();`,
  'an event': (statement) => `CREATE EVENT hidden ON SCHEDULE EVERY 1 DAY DO ${statement};`,
  PREPARE: (statement) => `PREPARE hidden FROM '${statement}';\nEXECUTE hidden;`,
  'PREPARE of a variable': (statement) =>
    `SET @half = CONCAT('${statement.slice(0, 9)}', '${statement.slice(9)}');\nPREPARE hidden FROM @half;\nEXECUTE hidden;`,
  'PREPARE in a procedure': (statement) =>
    `DELIMITER //\nCREATE PROCEDURE hidden() BEGIN SET @sql := '${statement}'; PREPARE hidden FROM @sql; EXECUTE hidden; END//\nDELIMITER ;\nCALL hidden();`,
};

/** A script that reaches beyond the database `app`, in a way that its text tells. */
export interface ReachingScript {
  readonly name: string;
  readonly code: string;
  readonly text: string;
}

/** Every kind of statement in everything that it can be hidden in. */
export const reachingScripts: readonly ReachingScript[] = kinds.flatMap(([code, statement]) =>
  Object.entries(hidings).map(([hiding, hide]) => ({
    name: `${statement}, in ${hiding}`,
    code,
    text: `ALTER TABLE a ADD COLUMN first INT;\n${hide(statement)}\n`,
  })),
);

/** Scripts that stay in the database `app`. */
export const harmlessScripts: readonly string[] = [
  'SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE();',
  'SELECT app.a.id, a.v, x.v FROM app.a, a AS x WHERE x.id = a.id;',
  'CREATE DATABASE IF NOT EXISTS app; ALTER DATABASE app CHARACTER SET utf8mb4; ALTER DATABASE COLLATE utf8mb4_bin;',
  "INSERT INTO a (id, v) VALUES (10, 1.5), (11, .5), (12, 'DROP DATABASE neighbour; FROM neighbour.t');",
  "SET @said = 'DROP DATABASE neighbour'; SET @sql = 'DROP TABLE IF EXISTS app.b'; PREPARE s FROM @sql; EXECUTE s;",
  'CREATE TABLE `drop` (`database` INT PRIMARY KEY, `user` INT); ALTER TABLE `drop` DROP `user`; DROP TABLE `drop`;',
  'DELIMITER //\nCREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 1; SELECT CASE WHEN a.id THEN a.v ELSE a.id END FROM a; END//\nDELIMITER ;\nCALL p();',
];

/** Scripts whose text does not tell what they reach: the server has to. Each with what the server says, if it does. */
export const hiddenScripts: readonly {
  readonly name: string;
  readonly text: string;
  readonly code: 'dry-run-denied' | 'dry-run-outside';
  readonly flavour?: Flavour;
}[] = [
  ...[
    "'DROP DATABASE IF EXISTS neigh', 'bour'",
    "'CREATE DATABASE neigh', 'bour'",
    "'DELETE FROM neigh', 'bour.precious'",
    "'DROP TABLE IF EXISTS neigh', 'bour.precious'",
    "'RENAME TABLE a TO neigh', 'bour.a'",
    "'CREATE US', 'ER someone@localhost'",
  ].flatMap((pieces) => {
    const joined = `CONCAT_WS('', ${pieces})`;
    const prepare = `SET @sql = ${joined}; PREPARE hidden FROM @sql; EXECUTE hidden;`;
    const handler = 'DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;';
    return [
      { name: `${pieces}, put together`, text: prepare, code: 'dry-run-denied' } as const,
      {
        name: `${pieces}, in a procedure that hides the error`,
        text: `DELIMITER //\nCREATE PROCEDURE hidden() BEGIN ${handler} ${prepare} END//\nDELIMITER ;\nCALL hidden();`,
        code: 'dry-run-outside',
      } as const,
    ];
  }),
  {
    name: 'EXECUTE IMMEDIATE',
    text: "EXECUTE IMMEDIATE CONCAT_WS('', 'DROP DATABASE IF EXISTS neigh', 'bour');",
    code: 'dry-run-denied',
    flavour: 'mariadb',
  },
  {
    name: 'without the binary log',
    text: "SET sql_log_bin = 0; SET @sql = CONCAT_WS('', 'DROP DATABASE IF EXISTS neigh', 'bour'); PREPARE s FROM @sql; EXECUTE s;",
    code: 'dry-run-denied',
  },
];
