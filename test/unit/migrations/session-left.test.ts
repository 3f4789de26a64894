import { expect, test } from 'vitest';
import { leavesSessionAlone } from '../../../scripts/migrations/run/script.ts';
import { plainMode } from '../../../scripts/sql/lexer.ts';
import { kindOf } from '../../../scripts/sql/statement.ts';

test.each([
  ['CREATE TABLE a (id INT PRIMARY KEY)', true],
  ['  alter table a add column b int', true],
  ['CREATE UNIQUE INDEX i ON a (b)', true],
  ['CREATE INDEX i ON a (b)', true],
  ['DROP TABLE a', true],
  ['DROP INDEX i ON a', true],
  ['RENAME TABLE a TO b', true],
  ['CREATE TABLE a (n INT) SELECT @n := 1 AS n', false],
  ['CREATE TABLE a SELECT LAST_INSERT_ID(5) AS n', false],
  ['CREATE TEMPORARY TABLE a (id INT)', false],
  ['DROP TEMPORARY TABLE a', false],
  ['CREATE OR REPLACE TABLE a (id INT)', false],
  ['CREATE /*!50000 TEMPORARY */ TABLE a (id INT)', false],
  ['ALTER TABLE a /*M!100000 ADD b INT */', false],
  ['CREATE VIEW v AS SELECT 1', false],
  ['CREATE PROCEDURE p() SET @a = 1', false],
  ['INSERT INTO a VALUES (1)', false],
  ["SET sql_mode = ''", false],
  ['SET @a = 1', false],
  ['LOCK TABLES a WRITE', false],
  ['FLUSH TABLES', false],
  ['', false],
])('that the session is as it was after %j is known: %s', (text, expected) => {
  expect(leavesSessionAlone({ kind: kindOf(text, plainMode), text })).toBe(expected);
});
