import type { Session } from '../../../scripts/database/session/session.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
import { quoteName } from '../../../scripts/sql/quote.ts';

/** Statements that put one of everything into a database, with names and texts that are easy to get wrong. */
export async function fillWithEverything(
  session: Session,
  database: string,
  flavour: Flavour,
): Promise<void> {
  await session.run(`USE ${quoteName(database)}`);
  for (const statement of [...common, ...(flavour === 'mariadb' ? mariadbOnly : mysqlOnly)])
    await session.run(statement);
}

const common = [
  `CREATE TABLE users (
     id INT PRIMARY KEY AUTO_INCREMENT,
     email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL UNIQUE,
     name TEXT COLLATE utf8mb4_bin, born DATE, photo BLOB, balance DECIMAL(30,10), seen TIMESTAMP NULL,
     old_name VARCHAR(30) CHARACTER SET latin1,
     shout VARCHAR(200) GENERATED ALWAYS AS (UPPER(email)) STORED,
     KEY by_name (name(20)) COMMENT 'AUTO_INCREMENT=5'
   ) COMMENT 'it''s AUTO_INCREMENT=7'`,
  `CREATE TABLE \`odd \`\`name\`\` é\` (
     id BIGINT UNSIGNED PRIMARY KEY, user INT, \`select\` VARCHAR(20) DEFAULT 'a\\'b\\\\c',
     FOREIGN KEY (user) REFERENCES users (id))`,
  'CREATE TABLE no_key (word VARCHAR(50))',
  `CREATE TABLE zones (id INT, year INT) PARTITION BY RANGE (year) (
     PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE)`,
  `INSERT INTO users (id, email, name, born, photo, balance, seen, old_name) VALUES
     (1, 'a@b.c', 'Zoë 😀 \\n\\r\\n \\Z \\0 end', '2000-02-29', x'00FF0A0D5C27', -1.5, '2026-03-29 02:30:00', 'é'),
     (2, 'd@e.f', '\\\\g \\\\! source /etc/passwd; --', NULL, NULL, 1e19, NULL, NULL)`,
  `INSERT INTO \`odd \`\`name\`\` é\` VALUES (18446744073709551615, 1, ';'), (2, 2, 'DELIMITER ;;')`,
  `INSERT INTO no_key VALUES ('b'), ('a'), ('b'), (NULL)`,
  'INSERT INTO zones VALUES (1, 1990), (2, 2020)',
  'CREATE VIEW later AS SELECT id, email FROM users',
  'CREATE VIEW `a first` AS SELECT * FROM later',
  `CREATE TRIGGER users_before BEFORE INSERT ON users FOR EACH ROW SET NEW.email = LOWER(NEW.email)`,
  `CREATE TRIGGER users_second BEFORE INSERT ON users FOR EACH ROW FOLLOWS users_before
   BEGIN
     -- a comment; with a semicolon
     SET NEW.name = CONCAT(NEW.name, ';');
   END`,
  `CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2`,
  `CREATE PROCEDURE \`count it\`(OUT n INT)
   /* head; */
   BEGIN
     -- first
     SELECT COUNT(*) INTO n FROM users; # second
   END`,
  `CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM no_key WHERE word = 'gone;'`,
];

const mariadbOnly = [
  'CREATE SEQUENCE tickets START WITH 100 INCREMENT BY 7',
  'SELECT NEXTVAL(tickets)',
  'CREATE TABLE kept (id INT PRIMARY KEY, word VARCHAR(10)) WITH SYSTEM VERSIONING',
  `INSERT INTO kept VALUES (1, 'old'), (2, 'stays')`,
  `UPDATE kept SET word = 'new' WHERE id = 1`,
];

const mysqlOnly = [
  `CREATE TABLE documents (id INT PRIMARY KEY, body JSON, hidden INT INVISIBLE DEFAULT (1 + 1), CHECK (id > 0))`,
  `INSERT INTO documents (id, body) VALUES (1, '{"b": 1, "a": [true, null, "\\\\u00e9"]}')`,
];
