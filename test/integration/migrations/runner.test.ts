import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMigrations } from '../../../scripts/migrations/folder.ts';
import { runMigrations } from '../../../scripts/migrations/run/runner.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrate } from './helpers.ts';

describe.each(servers)('on $name, migrations', (server) => {
  const running = useServer(server);
  const fresh = async () => {
    const target = running().target(await running().createDatabase());
    const context = running().context();
    const eyes = await look(context, target);
    return { target, context, eyes };
  };

  test('run in order, once, and the ledger says so', async () => {
    const { target, context, eyes } = await fresh();
    const files = {
      '001_users.sql': 'CREATE TABLE users (id int PRIMARY KEY, name varchar(20));',
      '002_rows.sql':
        "INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob');\nUPDATE users SET name = 'Eve' WHERE id = 2;",
    };
    const run = await migrate(context, target, files);
    expect(run.migrations.map(({ version, statements }) => [version, statements.count])).toEqual([
      ['001', 1],
      ['002', 2],
    ]);
    expect(run.migrations[1]?.statements.each).toMatchObject([
      { number: 1, line: 1, rows: 2, warnings: 0 },
      { number: 2, line: 2, rows: 1, warnings: 0 },
    ]);
    expect(await eyes.rows('SELECT * FROM users ORDER BY id')).toBe('1,Ann 2,Eve');
    const ledger = await eyes.ledger();
    expect(ledger).toMatchObject([
      {
        version: '001',
        name: 'users',
        state: 'applied',
        statements: 1,
        statementsDone: 1,
        appliedBy: 'a test',
      },
      { version: '002', name: 'rows', state: 'applied', statements: 2, statementsDone: 2, runId: 'test' },
    ]);
    for (const { inFlight, error, finishedAt } of ledger) {
      expect([inFlight, error]).toEqual([undefined, undefined]);
      expect(finishedAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
    }
    expect((await migrate(context, target, files)).migrations).toEqual([]);
  });

  test('with routines, triggers, quotes, comments and odd names arrive as they were written', async () => {
    const { target, context, eyes } = await fresh();
    const text = [
      "\uFEFF-- it's a comment; with a semicolon",
      'CREATE TABLE `a;b` (id int PRIMARY KEY, t text);',
      '/*!40101 SET @a = 7 */;',
      "INSERT INTO `a;b` VALUES (1, 'it''s; \\'quoted\\' -- no comment'), (2, \"#;\"); # trailing",
      'INSERT INTO `a;b` SELECT 5--1, @a;',
      'DELIMITER $$ -- until the end',
      'CREATE TRIGGER tr BEFORE INSERT ON `a;b` FOR EACH ROW BEGIN',
      "  IF NEW.t IS NULL THEN SET NEW.t = 'none;'; END IF;",
      'END$$',
      'CREATE PROCEDURE p() BEGIN INSERT INTO `a;b` (id) VALUES (9); END$$',
      'DELIMITER ;',
      'CALL p();',
    ].join('\r\n');
    await migrate(context, target, { '001_all.sql': text });
    expect(await eyes.rows('SELECT * FROM `a;b` ORDER BY id')).toBe(
      "1,it's; 'quoted' -- no comment 2,#; 6,7 9,none;",
    );
  });

  test('that fail in the middle say where, why, and what is committed', async () => {
    const { target, context, eyes } = await fresh();
    const files = {
      '001_users.sql': 'CREATE TABLE users (id int PRIMARY KEY, mail varchar(50));',
      '002_unique.sql': [
        "INSERT INTO users VALUES (1, 'a@b.c');",
        "INSERT INTO users VALUES (2, 'a@b.c');",
        '',
        '-- one mail, one user',
        'ALTER TABLE users',
        '  ADD UNIQUE KEY mail (mail);',
        'DELETE FROM users;',
      ].join('\n'),
      '003_never.sql': 'CREATE TABLE never (id int);',
    };
    const failure = await failureOf(migrate(context, target, files));
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.message).toMatch(
      /^002_unique\.sql:5:1: statement 3 of 4 failed: 1062 \(ER_DUP_ENTRY\) Duplicate entry 'a@b\.c' for key '(users\.)?mail'\n {2}ALTER TABLE users ADD UNIQUE KEY mail \(mail\)$/,
    );
    expect(failure.state).toBe(
      'Applied before it in this run: 001_users.sql. Of 002_unique.sql statements 1 to 2 are committed. Statement 3 has changed nothing.',
    );
    expect(failure.hint).toContain('Correct 002_unique.sql from statement 3 on');
    expect((await eyes.ledger())[1]).toMatchObject({
      version: '002',
      state: 'failed',
      statements: 4,
      statementsDone: 2,
      inFlight: undefined,
      error: expect.stringContaining('1062') as string,
    });

    // Corrected after what is done, it goes on from there; nothing is done twice.
    const corrected = files['002_unique.sql'].replace(
      'ALTER TABLE',
      'DELETE FROM users WHERE id = 2;\nALTER TABLE',
    );
    const run = await migrate(context, target, {
      ...files,
      '002_unique.sql': corrected.replace('DELETE FROM users;', ''),
    });
    expect(run.migrations.map(({ statements }) => statements.each.map(({ number }) => number))).toEqual([
      [3, 4],
      [1],
    ]);
    expect(await eyes.rows('SELECT * FROM users')).toBe('1,a@b.c');
    expect((await eyes.ledger()).map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
  });

  test('that fail at their very first statement change nothing and exit with 3', async () => {
    const { target, context, eyes } = await fresh();
    const failure = await failureOf(
      migrate(context, target, { '001_a.sql': '\n\nSELECT\n  1 FROM\n  WHERE;' }),
    );
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 3 });
    expect(failure.message).toContain('001_a.sql:5:1: statement 1 of 1 failed: 1064');
    expect(await eyes.ledger()).toMatchObject([{ state: 'failed', statementsDone: 0 }]);
    expect((await migrate(context, target, { '001_a.sql': 'SELECT 1' })).migrations).toHaveLength(1);
  });

  test('are all checked before the first one runs', async () => {
    const { target, context, eyes } = await fresh();
    const files = { '001_a.sql': 'CREATE TABLE a (id int);', '002_b.sql': "SELECT 'never closed;" };
    expect(await failureOf(migrate(context, target, files))).toMatchObject({
      code: 'migration-script',
      exitCode: 3,
    });
    expect(await eyes.rows('SHOW TABLES')).toBe('');
  });

  test('keep a transaction of the script whole', async () => {
    const { target, context, eyes } = await fresh();
    const text = (last: string): string =>
      `CREATE TABLE a (id int PRIMARY KEY); START TRANSACTION; INSERT INTO a VALUES (1); INSERT INTO a VALUES (${last}); COMMIT; INSERT INTO a VALUES (9);`;
    const failure = await failureOf(migrate(context, target, { '001_a.sql': text('1') }));
    expect(failure.state).toContain('statement 1 is committed. Statements 2 to 3 are rolled back');
    expect(await eyes.rows('SELECT * FROM a')).toBe('');
    expect(await eyes.ledger()).toMatchObject([{ state: 'failed', statementsDone: 1 }]);
    await migrate(context, target, { '001_a.sql': text('2') });
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2 9');
  });

  test('may switch autocommit off, as exported dumps do', async () => {
    const { target, context, eyes } = await fresh();
    await migrate(context, target, {
      '001_a.sql':
        'SET AUTOCOMMIT = 0; START TRANSACTION; CREATE TABLE a (id int); INSERT INTO a VALUES (1); CREATE TABLE b (id int); INSERT INTO b VALUES (2); COMMIT; INSERT INTO b VALUES (3); COMMIT;',
    });
    expect(await eyes.rows('SELECT * FROM a UNION SELECT * FROM b')).toBe('1 2 3');
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied', statementsDone: 9 }]);
  });

  test('may hold LOCK TABLES, under which their own connection cannot write the ledger', async () => {
    const { target, context, eyes } = await fresh();
    await migrate(context, target, {
      '001_a.sql': 'CREATE TABLE a (id int PRIMARY KEY);',
      '002_lock.sql':
        'LOCK TABLES a WRITE; INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); UNLOCK TABLES; INSERT INTO a VALUES (3);',
      '003_held.sql': 'LOCK TABLES a WRITE; INSERT INTO a VALUES (4);',
    });
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2 3 4');
    const files = {
      '004_fails.sql': 'LOCK TABLES a WRITE; INSERT INTO a VALUES (5); INSERT INTO a VALUES (5);',
    };
    const before = { '001_a.sql': 'CREATE TABLE a (id int PRIMARY KEY);' };
    const failure = await failureOf(
      migrate(context, target, {
        ...before,
        '002_lock.sql':
          'LOCK TABLES a WRITE; INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); UNLOCK TABLES; INSERT INTO a VALUES (3);',
        '003_held.sql': 'LOCK TABLES a WRITE; INSERT INTO a VALUES (4);',
        ...files,
      }),
    );
    expect(failure.state).toContain('statements 1 to 2 are committed. Statement 3 has changed nothing.');
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2 3 4 5');
    expect((await eyes.ledger())[3]).toMatchObject({
      state: 'failed',
      statementsDone: 2,
      inFlight: undefined,
    });
  });

  test('run in the sql_mode of the application, each in a session of its own', async () => {
    const { target, eyes } = await fresh();
    const context = running().context({ DB_SQL_MODE: 'PIPES_AS_CONCAT,ANSI_QUOTES' });
    const run = await migrate(context, target, {
      '001_a.sql': `CREATE TABLE "a" (v text); INSERT INTO "a" VALUES ('x' || 'y'); SET sql_mode = '', @v = 'kept';`,
      '002_b.sql': `INSERT INTO "a" VALUES ('z' || COALESCE(@v, '-'));`,
    });
    expect(run.sqlMode).toBe('PIPES_AS_CONCAT,ANSI_QUOTES');
    expect(await eyes.rows('SELECT * FROM a ORDER BY v')).toBe('xy z-');
  });

  test('of 40,000 statements on rows run each exactly once, whoever is faster, we or the server', async () => {
    const { target, context, eyes } = await fresh();
    const folder = temporaryFolder('migrations');
    // Read from a file, so that at times the server has to wait for us, and at times we have to for it.
    const inserts = Array.from(
      { length: 40_000 },
      (_, n) => `INSERT INTO a VALUES (${n}, '${'x'.repeat(n % 400)}');`,
    );
    await writeFile(join(folder, '001_a.sql'), 'CREATE TABLE a (n int, t text) ENGINE=InnoDB;');
    await writeFile(join(folder, '002_b.sql'), inserts.join('\n'));
    const migrations = (await readMigrations(folder, {})).map((one) => ({
      ...one,
      done: 0,
      recordedAs: one.version,
    }));
    await runMigrations(context, { target, migrations, runId: 'test', appliedBy: 'a test' });
    expect(await eyes.rows('SELECT COUNT(*), COUNT(DISTINCT n), MIN(n), MAX(n) FROM a')).toBe(
      '40000,40000,0,39999',
    );
  });

  test('on rows send nothing after one that failed', async () => {
    const { target, context, eyes } = await fresh();
    const tables =
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int AUTO_INCREMENT PRIMARY KEY, n int);';
    const rows = (last: number): string =>
      `INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); INSERT INTO a VALUES (${last}); INSERT INTO b (n) VALUES (1);`;
    const failure = await failureOf(migrate(context, target, { '001_a.sql': tables, '002_b.sql': rows(2) }));
    expect(failure.message).toContain('statement 3 of 4 failed: 1062');
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied' }, { state: 'failed', statementsDone: 0 }]);
    // What a rollback does not give back is how far the table has counted.
    await migrate(context, target, { '001_a.sql': tables, '002_b.sql': rows(3) });
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2 3');
    expect(await eyes.rows('SELECT * FROM b')).toBe('1,1');
  });

  test('share a session only where a script leaves nothing in it', async () => {
    const { target, context, eyes } = await fresh();
    await migrate(context, target, {
      '001_a.sql': 'CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, last int, v text);',
      '002_b.sql': `SET @v = 'kept'; CREATE TEMPORARY TABLE t (id int); INSERT INTO a (v) VALUES (@v);`,
      '003_c.sql': 'CREATE TABLE b (id int); INSERT INTO b VALUES (1);',
      '004_d.sql': 'ALTER TABLE b ADD COLUMN n int AUTO_INCREMENT PRIMARY KEY; CREATE INDEX i ON b (id);',
      '005_e.sql': 'INSERT INTO a SELECT NULL, LAST_INSERT_ID(), @v; CREATE TABLE t (id int);',
    });
    expect(await eyes.rows('SELECT last, v FROM a ORDER BY id')).toBe('null,kept 0,null');
    const kept = (await eyes.ledger()).map(({ state }) => state);
    expect(kept).toEqual(Array(5).fill('applied'));
  });

  test('without any statement count as applied, and are mentioned', async () => {
    const { target, context, eyes } = await fresh();
    await migrate(context, target, { '001_empty.sql': '-- nothing yet\n' });
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied', statements: 0, statementsDone: 0 }]);
    expect(context.events).toContainEqual({
      type: 'note',
      note: 'migration-empty',
      facts: { file: '001_empty.sql' },
    });
  });

  test('are refused when an applied one was edited, or one comes out of order', async () => {
    const { target, context } = await fresh();
    await migrate(context, target, { '002_b.sql': 'SELECT 1;' });
    const edited = await failureOf(migrate(context, target, { '002_b.sql': 'SELECT 2;' }));
    expect(edited).toMatchObject({ code: 'migrations-refused', exitCode: 3 });
    expect(edited.message).toContain('002_b.sql has been edited since it was applied');
    const late = await failureOf(migrate(context, target, { '001_a.sql': '', '002_b.sql': 'SELECT 1;' }));
    expect(late.message).toContain('001_a.sql is not applied, but the newer 002 is');
    expect((await migrate(context, target, { '002_b.sql': 'SELECT 1;\r\n'.trim() })).migrations).toEqual([]);
  });

  test('leave a table schema_versions of another program alone', async () => {
    const { target, context, eyes } = await fresh();
    await eyes.session.run('CREATE TABLE schema_versions (id int, applied_at datetime)');
    const failure = await failureOf(migrate(context, target, { '001_a.sql': 'CREATE TABLE a (id int);' }));
    expect(failure).toMatchObject({ code: 'ledger-foreign', exitCode: 3 });
    expect(failure.message).toContain('id, applied_at');
    expect(await eyes.rows('SHOW TABLES')).toBe('schema_versions');
  });

  test('that leave rows behind in a table without transactions are not gone on with', async () => {
    const { target, context, eyes } = await fresh();
    const files = {
      '001_a.sql':
        'CREATE TABLE a (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO a VALUES (1), (2), (1), (3);',
    };
    const failure = await failureOf(migrate(context, target, files));
    expect(failure.state).toContain('Statement 2 may have been applied in part');
    expect(failure.hint).toContain('maj restore');
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2');
    expect(await failureOf(migrate(context, target, files))).toMatchObject({
      code: 'migration-unfinished',
      exitCode: 6,
    });
  });
});
