import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { noProgress, progressAfter } from '../../../scripts/sql/statement.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { connectionRunning, holdLock } from '../../helpers/held-statement.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrateCaller } from './helpers.ts';

const script = [
  'CREATE TABLE a (id int);',
  'INSERT INTO a VALUES (1);',
  'ALTER TABLE a ADD COLUMN b int;',
  'INSERT INTO a VALUES (2, 2);',
].join('\n');

const statements = splitStatements(script, { file: 'x.sql' });
const hashesOf = (number: number): string => statements[number - 1]?.hash ?? '';
const progressOf = (done: number): string => statements.slice(0, done).reduce(progressAfter, noProgress).hash;

describe.each(servers)('on $name, a run that died', (server) => {
  const running = useServer(server);
  /** A project whose scripts are rehearsed. */
  const rehearsed = async (
    files: Readonly<Record<string, string>> = { '001_a.sql': script },
    settings: Partial<Config> = {},
  ) => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database, APP_DIR: temporaryFolder('app'), ...settings });
    await mkdir(join(context.projectDir, 'migrations'));
    for (const [name, text] of Object.entries(files))
      await writeFile(join(context.projectDir, 'migrations', name), text);
    await takeBackup(context, { databaseOnly: true });
    const { call, questions } = migrateCaller(context);
    await call([], { 'dry-run': true });
    const eyes = await look(context, running().target(database));
    const path = (name: string): string => join(context.projectDir, 'migrations', name);
    return { context, call, questions, eyes, path };
  };
  test('before its statement in doubt was applied goes on with it', async () => {
    const admin = await running().adminSession();
    const waiting = "SELECT GET_LOCK('table_made', 100);";
    const { call, eyes } = await rehearsed({ '001_a.sql': script.replace('\n', `\n${waiting}\n`) });
    const held = await holdLock(admin, 'table_made');
    const failing = failureOf(call([]));
    await connectionRunning(admin, 'table_made');
    await eyes.session.run('START TRANSACTION');
    await eyes.session.run('SELECT * FROM a');
    await held.release();
    await admin.run(`KILL ${await connectionRunning(admin, 'ALTER TABLE a ADD')}`);
    expect((await failing).state).toContain('Whether statement 4 was applied is not known.');
    await eyes.session.run('COMMIT');
    const stopped = await failureOf(call([]));
    expect(stopped).toMatchObject({ code: 'migration-unfinished', exitCode: 6 });
    expect(stopped.hint).toContain('maj migrate resume');
    const status = await call(['status']);
    expect(status.exitCode).toBe(6);
    expect(status.text(en).at(-1)).toBe('Did not end: 001_a. Nothing can be migrated until that is settled.');

    expect((await call(['resume'])).text(en)).toEqual([
      '001_a.sql stands after statement 3 of 5: statement 4 was not applied (the schema tells).',
      'Applied: 001_a.sql.',
    ]);
    expect(await eyes.rows('SELECT * FROM a ORDER BY id')).toBe('1,null 2,2');
    expect(await eyes.ledger()).toMatchObject([
      { state: 'applied', statementsDone: 5, error: undefined, note: 'Statement 4: not-applied (schema).' },
    ]);
  });

  test('after its statement in doubt was applied goes on behind it', async () => {
    const { call, eyes } = await rehearsed();
    await call([]);
    // What is there when the client dies between the ALTER and the record of it.
    await eyes.session.run('DELETE FROM a WHERE id = 2');
    await eyes.session.run(
      `UPDATE schema_versions SET state = 'applying', statements_done = 2, done_hash = '${progressOf(2)}',
       in_flight = '3:${hashesOf(3)}', finished_at = NULL`,
    );
    expect(await failureOf(call(['mark-not-applied', '1'], { because: 'a guess' }))).toMatchObject({
      code: 'migration-doubt-word',
    });
    const resumed = await call(['resume']);
    expect(resumed.text(en)[0]).toBe(
      '001_a.sql stands after statement 3 of 4: statement 3 was applied (the schema tells).',
    );
    expect(await eyes.rows('SELECT * FROM a ORDER BY id')).toBe('1,null 2,2');
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied', statementsDone: 4 }]);
  });

  test('over a view that another account had made than on the copy goes on behind it', async () => {
    const text = [
      'CREATE TABLE a (id int);',
      'CREATE VIEW v AS SELECT id FROM a;',
      'ALTER TABLE a ADD b int;',
    ].join('\n');
    const { call, eyes } = await rehearsed({ '001_a.sql': text });
    await call([]);
    const parts = splitStatements(text, { file: 'x.sql' });
    await eyes.session.run('ALTER TABLE a DROP COLUMN b');
    await eyes.session.run("CREATE OR REPLACE DEFINER = 'app'@'localhost' VIEW v AS SELECT id FROM a");
    await eyes.session.run(
      `UPDATE schema_versions SET state = 'applying', statements_done = 1, in_flight = '2:${parts[1]?.hash ?? ''}',
       done_hash = '${parts.slice(0, 1).reduce(progressAfter, noProgress).hash}', finished_at = NULL`,
    );
    expect((await call(['resume'])).text(en)).toEqual([
      '001_a.sql stands after statement 2 of 3: statement 2 was applied (the schema tells).',
      'Applied: 001_a.sql.',
    ]);
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied', statementsDone: 3 }]);
  });

  test('in the middle of rows goes by its checkpoint', async () => {
    const { call, eyes } = await rehearsed();
    await call([]);
    await eyes.session.run('DELETE FROM a WHERE id = 2');
    await eyes.session.run(
      `UPDATE schema_versions SET state = 'applying', statements_done = 3, done_hash = '${progressOf(3)}',
       finished_at = NULL`,
    );
    expect((await call(['resume'])).text(en)).toEqual([
      '001_a.sql stands after statement 3 of 4, by its checkpoint.',
      'Applied: 001_a.sql.',
    ]);
    expect(await eyes.rows('SELECT * FROM a ORDER BY id')).toBe('1,null 2,2');
    // Another doubt adds to what is noted of the first.
    await eyes.session.run("UPDATE schema_versions SET state = 'applying'");
    expect((await call(['resume'])).text(en)[0]).toBe(
      '001_a.sql stands after statement 4 of 4, by its checkpoint.',
    );
    const note = 'The run died; its checkpoint tells what is committed.';
    expect(await eyes.ledger()).toMatchObject([{ state: 'applied', note: `${note} ${note}` }]);
  });

  test('of which nothing tells is settled by the user’s word alone, which is kept', async () => {
    const { call, eyes, questions } = await rehearsed();
    await call([]);
    await eyes.session.run('DELETE FROM a WHERE id = 2');
    await eyes.session.run(
      `UPDATE schema_versions SET state = 'applying', statements_done = 2, done_hash = '${progressOf(2)}',
       in_flight = '3:${hashesOf(3)}', finished_at = NULL`,
    );
    // Another change since: the schema is neither as before nor as after.
    await eyes.session.run('CREATE TABLE other (id int)');
    const doubt = await failureOf(call(['resume']));
    expect(doubt).toMatchObject({ code: 'migration-doubt', exitCode: 3 });
    expect(doubt.message).toBe(
      'Whether statement 3 of 4 of 001_a.sql (line 3) was applied cannot be told: the schema is neither as before it nor as after it.',
    );
    expect(doubt.hint).toContain('maj restore');
    expect(await failureOf(call(['mark-applied', '001']))).toMatchObject({ code: 'bad-usage', exitCode: 2 });
    expect(await failureOf(call(['mark-applied', '002'], { because: 'x' }))).toMatchObject({
      code: 'migration-doubt-word',
    });
    await call(['mark-applied', '001'], { because: 'the column b is there' });
    expect(questions.at(-1)).toBe(
      'Write into the ledger that the statement of 001 that is in doubt was applied?',
    );
    const [row] = await eyes.ledger();
    expect(row).toMatchObject({ state: 'failed', statementsDone: 3, inFlight: undefined });
    expect(row?.note).toContain('the column b is there (maj migrate mark-applied on ');
    // What is left is not what was rehearsed, for the schema is another one.
    expect(await failureOf(call([]))).toMatchObject({ code: 'migrations-not-rehearsed' });
    expect((await call(['status'])).text(en).join('\n')).toContain('3 of 4 statements');
  });

  test('by names, placeholders and SQL after each of the application goes on as it was rehearsed', async () => {
    const second = 'SET @most = (SELECT MAX(id) FROM %PREFIX%a); INSERT INTO %PREFIX%a VALUES (@most + 1);';
    const files = {
      'db-1.10.sql': second,
      'db-1.9.sql':
        'CREATE TABLE %PREFIX%a (id int); CREATE TABLE %PREFIX%system (at varchar(9)); INSERT INTO %PREFIX%a VALUES (1); INSERT INTO %PREFIX%system VALUES (0)',
    };
    const { context, call, eyes } = await rehearsed(files, {
      MIGRATIONS_PATTERN: String.raw`db-(\d+\.\d+)\.sql`,
      MIGRATIONS_PLACEHOLDERS: [{ text: '%PREFIX%', value: 'app_' }],
      MIGRATIONS_AFTER_EACH: "UPDATE %PREFIX%system SET at = '{version}' -- kept by the application",
    });
    const otherwise = (changes: Partial<Config>) =>
      migrateCaller({ ...context, config: { ...context.config, ...changes } });
    const others = [
      { MIGRATIONS_PLACEHOLDERS: [{ text: '%PREFIX%', value: 'o_' }] },
      { MIGRATIONS_AFTER_EACH: 'DO 1' },
    ];
    for (const changes of others)
      expect(await failureOf(otherwise(changes).call([]))).toMatchObject({
        code: 'migrations-not-rehearsed',
      });
    expect((await call([])).text(en)).toEqual(['Applied: db-1.9.sql, db-1.10.sql.']);
    expect(await eyes.rows('SELECT id, at FROM app_a, app_system ORDER BY id')).toBe('1,1.10 2,1.10');
    expect((await eyes.ledger()).map(({ version, name, statements }) => [version, name, statements])).toEqual(
      [
        ['1.9', '', 5],
        ['1.10', '', 3],
      ],
    );
    // The sum is that of the file: what is applied stays applied.
    for (const changes of others)
      expect((await otherwise(changes).call(['status'])).text(en).at(-1)).toBe('Nothing is pending.');

    // What is there when the client dies between the script and what is run behind it, which needs no variable of the script.
    const own = splitStatements(second.replaceAll('%PREFIX%', 'app_'), { file: 'x.sql' });
    await eyes.session.run("UPDATE app_system SET at = '1.9'");
    await eyes.session.run(
      `UPDATE schema_versions SET state = 'applying', statements_done = 2, finished_at = NULL,
       done_hash = '${own.reduce(progressAfter, noProgress).hash}' WHERE version = '1.10'`,
    );
    expect((await call(['resume'])).text(en)).toEqual([
      'db-1.10.sql stands after statement 2 of 3, by its checkpoint.',
      'Applied: db-1.10.sql.',
    ]);
    expect(await eyes.rows('SELECT id, at FROM app_a, app_system ORDER BY id')).toBe('1,1.10 2,1.10');
  });

  test('is told what MIGRATIONS_AFTER_EACH or a placeholder did wrong, and not blamed for it', async () => {
    const files = { '001_a.sql': 'CREATE TABLE %PREFIX%a (id int); INSERT INTO %PREFIX%a VALUES (1)' };
    const placeholders = { MIGRATIONS_PLACEHOLDERS: [{ text: '%PREFIX%', value: 'app_' }] };
    const { context, call } = await rehearsed(files, {
      ...placeholders,
      MIGRATIONS_AFTER_EACH: 'UPDATE %PREFIX%a SET id = 2 WHERE id = 7',
    });
    const idle = context.events.filter(
      (event) => event.type === 'warning' && event.note === 'after-each-idle',
    );
    expect(idle).toMatchObject([{ facts: { file: '001_a.sql' } }]);
    expect((await call([])).text(en)).toEqual(['Applied: 001_a.sql.']);
    const hintOf = async (texts: Readonly<Record<string, string>>, config: Partial<Config>) => {
      const failure = await failureOf(rehearsed(texts, config));
      return `${failure.message} ${failure.hint}`;
    };
    const wrongAfter = await hintOf(files, {
      ...placeholders,
      MIGRATIONS_AFTER_EACH: 'UPDATE nowhere SET id = 2',
    });
    expect(wrongAfter).toMatch(/MIGRATIONS_AFTER_EACH after 001_a\.sql: statement 3 of 3.*1146.*/s);
    expect(wrongAfter).toContain('Correct the setting MIGRATIONS_AFTER_EACH');
    const wrongPlaceholder = await hintOf(
      { '001_a.sql': 'INSERT INTO %PREFIX%b VALUES (1)' },
      { MIGRATIONS_PLACEHOLDERS: [{ text: '%PREFIX%', value: 'ap_' }] },
    );
    expect(wrongPlaceholder).toContain('Correct 001_a.sql, or MIGRATIONS_PLACEHOLDERS');
  });

  test('may have a text that was edited since, once somebody has accepted that', async () => {
    const { call, questions, eyes, path } = await rehearsed({ '001_a.sql': 'CREATE TABLE a (id int);' });
    await call([]);
    const [ran] = await eyes.ledger();
    await writeFile(path('001_a.sql'), 'CREATE TABLE a (id int); -- with a comment');
    const { message } = await failureOf(call([]));
    const [, version = '', sha256 = ''] =
      /`maj migrate accept (\S+) --sha256 ([0-9a-f]{64}) --because TEXT`/.exec(message) ?? [];
    expect(version).toBe('001');
    expect(await failureOf(call(['accept', version]))).toMatchObject({ code: 'bad-usage', exitCode: 2 });
    expect(await failureOf(call(['accept', '2'], { because: 'x' }))).toMatchObject({
      code: 'accept-version',
    });
    const wrong = { sha256: 'abc', because: 'x' };
    expect(await failureOf(call(['accept', '1'], wrong))).toMatchObject({ code: 'bad-usage', exitCode: 2 });
    expect(await failureOf(call(['status'], { sha256 }))).toMatchObject({ code: 'bad-usage', exitCode: 2 });

    await call(['accept', version], { sha256, because: 'only a comment' });
    expect(questions.at(-1)).toContain(`accepted: sha256 ${sha256}`);
    const [row] = await eyes.ledger();
    expect(row).toMatchObject({ ...ran, accepted: [{ checksum: sha256, because: 'only a comment' }] });
    const status = await call(['status']);
    expect(status.exitCode).toBe(0);
    expect(status.text(en).join('\n')).toMatch(
      /Accepted: an edited text of 001_a, on \d{4}-\d\d-\d\d by \S+ on \S+: only a comment/,
    );
    expect((await call([])).text(en)).toEqual(['Nothing to do: every migration is applied.']);
    // The folder's own text needs no sum; the one that ran stays good.
    await writeFile(path('001_a.sql'), 'CREATE TABLE a (id int); -- another');
    await call(['accept', '1'], { because: 'and another' });
    expect((await call(['accept', '1'], { because: 'again' })).text(en)[0]).toContain('Nothing to accept');
    await writeFile(path('001_a.sql'), 'CREATE TABLE a (id int);');
    expect((await call(['status'])).exitCode).toBe(0);
    expect((await eyes.ledger())[0]?.accepted.map(({ because }) => because)).toEqual([
      'only a comment',
      'and another',
    ]);
  });

  test('nothing is in doubt otherwise, and --to stops where it is told', async () => {
    const { call, eyes } = await rehearsed({
      '001_a.sql': 'CREATE TABLE a (id int);',
      '002_b.sql': 'CREATE TABLE b (id int);',
    });
    expect(await failureOf(call([], { to: '3' }))).toMatchObject({ code: 'migrate-to', exitCode: 2 });
    expect((await call([], { to: '1' })).text(en)).toEqual(['Applied: 001_a.sql.']);
    expect((await eyes.ledger()).map(({ version }) => version)).toEqual(['001']);
    expect((await call([], { to: '001' })).text(en)).toEqual([
      'Nothing to do: every migration up to there is applied.',
    ]);
    // The rest was rehearsed after it.
    expect((await call(['resume'])).text(en)).toEqual(['Nothing was in doubt.', 'Applied: 002_b.sql.']);
  });
});
