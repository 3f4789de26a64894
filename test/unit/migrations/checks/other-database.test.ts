import { describe, expect, test } from 'vitest';
import { MajError } from '../../../../scripts/core/errors.ts';
import { checkScript, createDatabaseGuard } from '../../../../scripts/migrations/checks/check.ts';
import { mayNeverRun } from '../../../../scripts/migrations/checks/finding.ts';
import { splitStatements } from '../../../../scripts/sql/splitter.ts';
import { harmlessScripts, hiddenScripts, reachingScripts } from '../../../helpers/reaching.ts';

const file = '012_change.sql';

const refuse = (text: string, database = 'shop'): void =>
  splitStatements(text, { file }).forEach(createDatabaseGuard(file, { database }));

/** The error of the guard; undefined: it lets the script pass. */
function refusal(text: string): MajError | undefined {
  try {
    refuse(text, 'app');
  } catch (error) {
    if (error instanceof MajError) return error;
    throw error;
  }
  return undefined;
}

const neverRun = (text: string): readonly string[] =>
  checkScript({ file, text, statements: splitStatements(text, { file }) }, { database: 'app' })
    .filter(({ code, allowed }) => mayNeverRun(code) && allowed === undefined)
    .map(({ code }) => code);

test('a script that names another database is refused with its place, whatever its comments say', () => {
  const text = 'SELECT 1;\n-- maj: allow-file other-database: please\nDELETE FROM\n  other.users WHERE a;';
  let thrown: unknown;
  try {
    refuse(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(MajError);
  expect(thrown).toMatchObject({ code: 'migration-other-database', exitCode: 3 });
  expect(String(thrown)).toContain('012_change.sql:4:3: this names the database other, which is not shop');
});

test('its own database, and what every server has, are none', () => {
  expect(() => refuse('SELECT * FROM shop.a, information_schema.TABLES; DROP TABLE a')).not.toThrow();
});

describe('what the check says cannot be allowed, the guard refuses', () => {
  const errors: Readonly<Record<string, string>> = {
    'other-database': 'migration-other-database',
    'drop-database': 'migration-drops-database',
    'server-wide': 'migration-server-wide',
  };

  test.each(reachingScripts)('$name', ({ code, text }) => {
    expect(neverRun(text)).toContain(code);
    expect(refusal(text)).toMatchObject({ code: errors[code], exitCode: 3 });
  });

  test.each(harmlessScripts)('and nothing of %s', (text) => {
    expect(neverRun(text)).toEqual([]);
    expect(refusal(text)).toBeUndefined();
  });

  test.each(hiddenScripts)('nor where only the server can tell: $name', ({ text }) => {
    expect(neverRun(text)).toEqual([]);
    expect(refusal(text)).toBeUndefined();
  });
});

test.each([
  ['an older server leaves out', 'DROP TABLE /*!99999 app.*/ neighbour.a'],
  ['an older server leaves out', 'ALTER DATABASE /*!99999 app */ neighbour COLLATE utf8mb4_bin'],
  ['a name with a digit at its end', 'INSERT INTO a VALUES (neighbour2.f(1))'],
  ['a name that begins with one, behind a blank', 'INSERT INTO a VALUES ((SELECT x FROM neighbour .5t))'],
  ['an apostrophe in a comment', "INSERT INTO a VALUES (1 -- it's\n, (SELECT x FROM neighbour.t))"],
  ['a sequence', 'SELECT NEXTVAL(neighbour.s)'],
  ['a sequence', 'SELECT NEXT VALUE FOR neighbour.s'],
  ['tables of a MERGE', 'CREATE TABLE m (id INT) ENGINE=MERGE UNION=(a, neighbour.t)'],
  ['a package', 'DROP PACKAGE BODY neighbour.p'],
  ['a pattern of GRANT', 'GRANT SELECT ON `neigh\\_bour`.* TO x@localhost'],
  ['a handler', 'CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR 1050 DROP SCHEMA neighbour; END'],
])('is found: %s: %s', (_, text) => {
  expect(refusal(`DELIMITER //\n${text}//`)).toMatchObject({ code: 'migration-other-database' });
});

test('the name of its own database in a pattern of GRANT is its own', () => {
  const guard = createDatabaseGuard(file, { database: 'my_app' });
  const [grant] = splitStatements('GRANT SELECT ON `my\\_app`.* TO x@localhost', { file });
  expect(grant).toBeDefined();
  if (grant !== undefined) expect(() => guard(grant)).not.toThrow();
});
