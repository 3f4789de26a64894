import { describe, expect, test } from 'vitest';
import { runMigrations } from '../../../scripts/migrations/run/runner.ts';
import { connectionRunning, holdLock } from '../../helpers/held-statement.ts';
import { migrationsOf } from '../../helpers/migrations.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrate } from './helpers.ts';

describe.each(servers)('on $name, migrations that are stopped', (server) => {
  const running = useServer(server);
  const fresh = async () => {
    const target = running().target(await running().createDatabase());
    const context = running().context();
    const eyes = await look(context, target);
    const admin = await running().adminSession();
    return { target, context, eyes, admin };
  };

  test('by a killed connection in the middle of a change of rows have neither the rows nor the checkpoint', async () => {
    const { target, context, eyes, admin } = await fresh();
    const slow = 'INSERT INTO a SELECT 1 UNION ALL SELECT 2 + SLEEP(60)';
    const files = {
      '001_a.sql': `CREATE TABLE a (id int) ENGINE=InnoDB; ${slow}; INSERT INTO a VALUES (3);`,
    };
    const failing = failureOf(migrate(context, target, files));
    await admin.run(`KILL ${await connectionRunning(admin, 'SELECT 2 + SLEEP')}`);
    const failure = await failing;
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.message).toContain('001_a.sql:1:40: statement 2 of 3 failed: ');
    expect(failure.state).toContain('statement 1 is committed. Statement 2 has changed nothing.');
    expect(await eyes.rows('SELECT * FROM a')).toBe('');
    expect(await eyes.ledger()).toMatchObject([{ state: 'failed', statementsDone: 1, inFlight: undefined }]);

    const run = await migrate(context, target, { '001_a.sql': files['001_a.sql'].replace('60', '0') });
    expect(run.migrations[0]?.statements.each.map(({ number }) => number)).toEqual([2, 3]);
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2 3');
  });

  /** Kills the connection of a script while its ALTER TABLE waits for another transaction to let go of the table. */
  const killedInAlter = async (script: string) => {
    const scene = await fresh();
    const { target, context, eyes, admin } = scene;
    await eyes.session.run('CREATE TABLE a (id int) ENGINE=InnoDB');
    await eyes.session.run('INSERT INTO a VALUES (1)');
    await eyes.session.run('START TRANSACTION');
    await eyes.session.run('SELECT * FROM a');
    const files = { '001_a.sql': script };
    const failing = failureOf(migrate(context, target, files));
    await admin.run(`KILL ${await connectionRunning(admin, 'ALTER TABLE a ADD')}`);
    const failure = await failing;
    await eyes.session.run('COMMIT');
    return { ...scene, files, failure };
  };

  test('by a killed connection in DDL that has committed a transaction of the script are in doubt', async () => {
    const { eyes, failure } = await killedInAlter(
      'BEGIN; INSERT INTO a VALUES (2); ALTER TABLE a ADD COLUMN b int; COMMIT;',
    );
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.state).toContain('Whether statement 3 was applied is not known.');
    expect(await eyes.rows('SELECT id FROM a')).toBe('1 2');
    expect(await eyes.ledger()).toMatchObject([
      { state: 'applying', statementsDone: 2, inFlight: { number: 3 } },
    ]);
  });

  test('by a killed connection in the middle of DDL are in doubt, and nothing goes on', async () => {
    const { target, context, eyes, files, failure } = await killedInAlter(
      'INSERT INTO a VALUES (2); ALTER TABLE a ADD COLUMN b int;',
    );
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.state).toContain('Whether statement 2 was applied is not known.');
    expect(failure.hint).toContain('maj restore');
    expect(await eyes.ledger()).toMatchObject([
      { state: 'applying', statementsDone: 1, inFlight: { number: 2 }, error: expect.any(String) as string },
    ]);
    const next = await failureOf(migrate(context, target, files));
    expect(next).toMatchObject({ code: 'migration-unfinished', exitCode: 6 });
    expect(next.message).toContain('1 of 2 statements done, statement 2 in doubt.');
  });

  test('by another run that holds the lock have done nothing', async () => {
    const { target, context, eyes, admin } = await fresh();
    const held = await holdLock(admin, 'first_runner');
    const first = migrate(context, target, {
      '001_a.sql': "SELECT GET_LOCK('first_runner', 100); CREATE TABLE a (id int);",
    });
    await connectionRunning(admin, 'first_runner');
    const late = { '001_a.sql': 'CREATE TABLE b (id int);' };
    const locked = { code: 'migrations-locked', exitCode: 5 };
    expect(await failureOf(migrate(context, target, late))).toMatchObject(locked);
    // One that had looked before the first began is kept out as well.
    const migrations = migrationsOf(late).map((script) => ({
      ...script,
      done: 0,
      recordedAs: script.version,
    }));
    const run = runMigrations(context, { target, migrations, runId: 'second', appliedBy: 'a test' });
    expect(await failureOf(run)).toMatchObject(locked);
    await held.release();
    await first;
    const behind = runMigrations(context, { target, migrations, runId: 'third', appliedBy: 'a test' });
    expect(await failureOf(behind)).toMatchObject({ code: 'migrations-moved', exitCode: 3 });
    expect(
      await eyes.rows(
        `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'schema_versions'`,
      ),
    ).toBe('a');
  });

  test('by the user stop before the next statement, and go on from there', async () => {
    const { target, eyes, admin } = await fresh();
    const controller = new AbortController();
    const context = { ...running().context(), signal: controller.signal };
    const files = {
      '001_a.sql':
        "CREATE TABLE a (id int); INSERT INTO a SELECT GET_LOCK('stopped_here', 100); INSERT INTO a VALUES (2);",
    };
    const held = await holdLock(admin, 'stopped_here');
    const failing = failureOf(migrate(context, target, files));
    await connectionRunning(admin, 'stopped_here');
    controller.abort();
    await held.release();
    const failure = await failing;
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.message).toMatch(/^Interrupted at 001_a\.sql:1:\d+: statement 3 of 3, before it ran\.$/);
    expect(await eyes.ledger()).toMatchObject([{ state: 'failed', statementsDone: 2, inFlight: undefined }]);
    await migrate(running().context(), target, files);
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2');
  });

  test('before they began exit with 130', async () => {
    const { target, eyes } = await fresh();
    const context = { ...running().context(), signal: AbortSignal.abort() };
    expect(
      await failureOf(migrate(context, target, { '001_a.sql': 'CREATE TABLE a (id int);' })),
    ).toMatchObject({
      code: 'interrupted',
      exitCode: 130,
    });
    expect(await eyes.rows('SHOW TABLES')).toBe('');
  });

  test('by the loss of the lock’s connection stop before the next statement', async () => {
    const { target, context, eyes, admin } = await fresh();
    // The lock is asked for every 100 ms at most.
    const files = {
      '001_a.sql':
        "CREATE TABLE a (id int); INSERT INTO a SELECT GET_LOCK('lock_lost', 100) + SLEEP(0.2); INSERT INTO a VALUES (2);",
    };
    const held = await holdLock(admin, 'lock_lost');
    const failing = failureOf(migrate(context, target, files));
    await connectionRunning(admin, 'lock_lost');
    const [holder] = await admin.rows('SELECT IS_USED_LOCK(?) AS id', [`maj-migrate:${target.database}`]);
    await admin.run(`KILL ${Number(holder?.['id'])}`);
    await held.release();
    const failure = await failing;
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.message).toContain('the connection that held the migration lock was lost');
    expect(await eyes.ledger()).toMatchObject([{ state: 'failed', statementsDone: 2, inFlight: undefined }]);
    await migrate(context, target, files);
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2');
  });
});
