import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import type { VerbArguments } from '../../../scripts/cli/verb.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { migrateVerb } from '../../../scripts/migrate.ts';
import { migrationsFolder, scriptsPath } from '../../../scripts/migrations/scripts-folder.ts';
import { dryRun } from '../../../scripts/rehearsal/dry-run.ts';
import { readServerSettings, takeServerSettings } from '../../../scripts/rehearsal/production-settings.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { migrationsOf } from '../../helpers/migrations.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';
import { failureOf, look, migrate } from '../migrations/helpers.ts';

const call = (...positionals: string[]): VerbArguments<'dry-run'> => verbArguments(positionals);

describe.each(servers)('on $name, a dry run', (server) => {
  const running = useServer(server);
  const files = {
    '001_a.sql': 'CREATE TABLE a (id int PRIMARY KEY, v varchar(10));',
    '002_b.sql': "INSERT INTO a VALUES (1, 'x'), (2, 'y');\nALTER TABLE a ADD COLUMN w int;",
  };
  /** A copy with the first script applied, as a restored backup would have it. */
  const withCopy = <T>(
    work: (facts: Pick<Parameters<typeof dryRun>[1], 'throwaway' | 'manifest'>) => Promise<T>,
  ): Promise<T> =>
    withThrowaway(
      testContext(),
      server.programs,
      async (throwaway) => {
        const context = testContext();
        await withSession(context, throwaway.target('mysql'), (session) =>
          session.run('CREATE DATABASE app'),
        );
        await migrate(context, throwaway.target('app'), { '001_a.sql': files['001_a.sql'] });
        const database = { name: 'app' } as Parameters<typeof dryRun>[1]['manifest']['database'];
        return work({ throwaway, manifest: { database } });
      },
      { countsRefusals: true },
    );

  test('runs what the copy’s own ledger lacks, and measures it', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const result = await dryRun(context, { ...copy, migrations: migrationsOf(files) });
      expect(result.migrations).toMatchObject([
        {
          version: '002',
          name: 'b',
          checksum: migrationsOf(files)[1]?.checksum,
          statements: {
            count: 2,
            each: [
              {
                number: 1,
                line: 1,
                rows: 2,
                warnings: 0,
                hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
              },
              { number: 2, line: 2 },
            ],
          },
        },
      ]);
      expect(result.migrations[0]?.seconds).toBeGreaterThan(0);
      expect(result.schemaBefore).toMatch(/^[0-9a-f]{64}$/);
      expect(result.schemaAfter).not.toBe(result.schemaBefore);
      const eyes = await look(context, copy.throwaway.target('app'));
      expect(await eyes.rows('SELECT id, v, w FROM a')).toBe('1,x,null 2,y,null');
      eyes.session.destroy();
    });
  });

  test('tells what each statement did to the schema, how, and what is to be looked at', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const changing = {
        ...files,
        '002_b.sql': [
          "INSERT INTO a VALUES (1, 'x'), (2, 'y');",
          'ALTER TABLE a ADD COLUMN w int;',
          'ALTER TABLE a MODIFY v varchar(5), DROP PRIMARY KEY;',
          "INSERT IGNORE INTO a (id, v) VALUES (3, 'too long');",
        ].join('\n'),
      };
      const result = await dryRun(context, { ...copy, migrations: migrationsOf(changing) });
      expect(result.evidence.map(({ version, number }) => [version, number])).toEqual([
        ['002', 2],
        ['002', 3],
      ]);
      const [added, modified] = result.evidence;
      expect(added?.after).toBe(modified?.before);
      expect(modified?.after).toBe(result.schemaAfter);
      expect(new Set([added?.before, added?.after, modified?.after]).size).toBe(3);
      expect(result.measured).toMatchObject([
        { number: 2, algorithm: 'INSTANT', messages: [], warned: [] },
        { number: 3, algorithm: 'COPY', messages: [], warned: [] },
        { number: 4, algorithm: undefined, messages: [expect.stringMatching(/^1265 .*'v'/)], warned: [1265] },
      ]);
      expect(result.schemaDiff).toHaveLength(1);
      expect(result.schemaDiff[0]).toMatch(/^--- table a\tbefore\n\+\+\+ table a\tafter\n/);
      expect(result.schemaDiff[0]).toContain('\n+  `w` int');
      expect(result.findings).toContainEqual(
        expect.objectContaining({
          code: 'change-type',
          file: '002_b.sql',
          line: 3,
          evidence: expect.objectContaining({ algorithm: 'COPY', warnings: 0 }) as unknown,
        }),
      );
      expect(result.findings).toContainEqual(
        expect.objectContaining({ code: 'server-warning', line: 4, statement: 4, detail: '1265' }),
      );
      // Nothing that was tried beside the copy is left there.
      const eyes = await look(context, copy.throwaway.target('app'));
      expect(await eyes.rows("SHOW DATABASES LIKE 'maj%'")).toBe('');
      eyes.session.destroy();
    });
  });

  test('looks at nothing while a script holds locks, and catches up when it lets go of them', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const locking = {
        ...files,
        '002_b.sql': [
          'ALTER TABLE a ADD COLUMN w int;',
          'LOCK TABLES a WRITE;',
          'ALTER TABLE a DISABLE KEYS;',
          "INSERT INTO a (id, v) VALUES (1, 'x');",
          'ALTER TABLE a ADD COLUMN x int;',
          'UNLOCK TABLES;',
          'ALTER TABLE a ADD COLUMN y int;',
          'LOCK TABLES a WRITE;',
          'ALTER TABLE a ADD COLUMN z int;',
        ].join('\n'),
        '003_c.sql': 'ALTER TABLE a DROP COLUMN z;',
      };
      const result = await dryRun(context, { ...copy, migrations: migrationsOf(locking) });
      const seen = result.evidence.map(({ version, number }) => `${version}:${number}`);
      expect(seen).toEqual(['002:1', '002:6', '002:7', '003:1']);
      const [first, unlocked, then, last] = result.evidence;
      expect(first?.after).toBe(unlocked?.before);
      expect(unlocked?.after).toBe(then?.before);
      expect(unlocked?.after).not.toBe(unlocked?.before);
      // What was left locked at the end of a script is let go of before the next one.
      expect(last?.after).toBe(then?.after);
      expect(last?.before).not.toBe(then?.after);
      expect(result.schemaAfter).toBe(last?.after);
    });
  });

  test('meets the settings of the live server: its time zone, charset, and how it divides', async () => {
    const admin = await running().adminSession();
    const settings = {
      time_zone: "'+05:30'",
      div_precision_increment: '7',
      collation_server: "'utf8mb4_bin'",
    };
    const before = await readServerSettings(running().context(), running().target('mysql'));
    try {
      for (const [name, value] of Object.entries(settings)) await admin.run(`SET GLOBAL ${name} = ${value}`);
      await withCopy(async (copy) => {
        const context = running().context({ DB_NAME: await running().createDatabase() });
        const script = [
          'CREATE TABLE met (zone TEXT, third TEXT, collation TEXT);',
          'INSERT INTO met SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP()), 1 / 3, @@collation_server;',
        ].join('\n');
        await dryRun(context, { ...copy, migrations: migrationsOf({ ...files, '003_met.sql': script }) });
        const eyes = await look(context, copy.throwaway.target('app'));
        expect(await eyes.rows('SELECT * FROM met')).toMatch(/^05:30:00,0\.3333333(33)?,utf8mb4_bin$/);
        eyes.session.destroy();
      });
    } finally {
      expect(await takeServerSettings(admin, before)).toEqual([]);
    }
  });

  test('is not made of a script that names another database', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: '' });
      const other = migrationsOf({ ...files, '002_b.sql': 'INSERT INTO mysql.user (user) VALUES (1);' });
      expect(await failureOf(dryRun(context, { ...copy, migrations: other }))).toMatchObject({
        code: 'migration-other-database',
        exitCode: 3,
      });
    });
  });

  const prepared = (...pieces: readonly string[]): string =>
    `SET @sql = CONCAT_WS('', '${pieces.join("', '")}'); PREPARE s FROM @sql; EXECUTE s;`;
  const system = server.flavour === 'mariadb' ? 'mariadb.sys' : 'mysql.session';

  test.each([
    "SET GLOBAL general_log_file = '/tmp/maj-general-log';",
    'SET GLOBAL init_connect = "SELECT 1";',
    'SELECT * FROM information_schema.INNODB_TRX;',
    prepared('SELECT 1 INTO OUT', 'FILE "/tmp/maj-outfile"'),
    `DELIMITER //\nCREATE DEFINER='${system}'@localhost PROCEDURE q() BEGIN ${prepared('DELETE FROM my', 'sql.db')} END//\nDELIMITER ;\nCALL q();`,
  ])('has no power over the server, though the live account has: %s', async (statements) => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const script = migrationsOf({ ...files, '002_b.sql': statements });
      expect(await failureOf(dryRun(context, { ...copy, migrations: script }))).toMatchObject({
        code: 'dry-run-denied',
        exitCode: 3,
      });
    });
  });

  test('may still do what concerns its session, and define for others', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const script = [
        'SET sql_log_bin = 0;',
        'CREATE DEFINER=someone@nowhere PROCEDURE p() SELECT 1;',
        "CREATE DEFINER='root'@localhost TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.v = 'x';",
        'FLUSH TABLES;',
      ].join('\n');
      const result = await dryRun(context, {
        ...copy,
        migrations: migrationsOf({ ...files, '002_b.sql': script }),
      });
      expect(result.migrations[0]?.statements.count).toBe(4);
    });
  });

  test('takes the sql_mode of the live server', async () => {
    await withCopy(async (copy) => {
      const admin = await running().adminSession();
      await admin.run("SET GLOBAL sql_mode = 'PIPES_AS_CONCAT'");
      const context = running().context({ DB_NAME: await running().createDatabase() });
      const result = await dryRun(context, { ...copy, migrations: migrationsOf(files) });
      expect(result.sqlMode).toBe('PIPES_AS_CONCAT');
    });
  });

  test('that fails says so, and that nothing live was touched', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: 'STRICT_TRANS_TABLES' });
      const broken = migrationsOf({ ...files, '002_b.sql': 'DROP TABLE a;\nDROP TABLE a;' });
      const failure = await failureOf(dryRun(context, { ...copy, migrations: broken }));
      expect(failure).toMatchObject({
        code: 'dry-run-failed',
        exitCode: 3,
        state: 'The live database was not touched.',
      });
      expect(failure.message).toMatch(/002_b\.sql:2:1: statement 2 of 2 failed: 1051/);
    });
  });

  test('refuses what the live database would refuse', async () => {
    await withCopy(async (copy) => {
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: '' });
      const edited = migrationsOf({ ...files, '001_a.sql': 'SELECT 1;' });
      expect(await failureOf(dryRun(context, { ...copy, migrations: edited }))).toMatchObject({
        code: 'migrations-refused',
      });
    });
  });
});

describe.each(servers)('on $name, maj migrate', (server) => {
  const running = useServer(server);

  test('makes the next script, and shows it as pending', async () => {
    const context = running().context({ DB_NAME: await running().createDatabase() });
    const made = await migrateVerb.run(context, call('new', 'Add', 'invoices'));
    const path = join(context.projectDir, 'migrations', '001_add_invoices.sql');
    expect(made.data).toEqual({ path });
    expect(readFileSync(path, 'utf8')).toBe('-- 001: Add invoices\n\n');
    await migrateVerb.run(context, call('new', 'Add', 'invoices'));
    expect(existsSync(join(context.projectDir, 'migrations', '002_add_invoices.sql'))).toBe(true);
    const status = await migrateVerb.run(context, call('status'));
    expect(status.text(en)).toEqual([
      `Migrations in ${join(context.projectDir, 'migrations')}:`,
      '  001  add_invoices  pending',
      '  002  add_invoices  pending',
      '2 pending: `maj migrate` runs them.',
    ]);
  });

  test('does not run on the live database what was not rehearsed', async () => {
    const context = running().context({ DB_NAME: await running().createDatabase() });
    await migrateVerb.run(context, call('new', 'x'));
    expect(await failureOf(migrateVerb.run(context, call()))).toMatchObject({
      code: 'migrations-not-rehearsed',
      exitCode: 3,
    });
  });
});

describe.each(servers)('on $name, from backup to live,', (server) => {
  const running = useServer(server);

  test('what ran on the copy of the newest backup may run on the live database', async () => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database, APP_DIR: temporaryFolder('app') });
    const folder = join(context.projectDir, 'migrations');
    await mkdir(folder);
    await writeFile(
      join(folder, '001_a.sql'),
      'CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1), (2);\n',
    );
    await takeBackup(context, { databaseOnly: true });
    const eyes = await look(context, running().target(database));
    const dry = await migrateVerb.run(context, { ...call(), options: { 'dry-run': true } });
    expect(dry.data).toMatchObject({
      migrations: [{ version: '001', statements: { each: [{ rows: 0 }, { rows: 2 }] } }],
    });
    expect(dry.text(en)[1]).toMatch(/^ {2}001_a {2}2 statements {2}/);
    expect(await eyes.rows('SHOW TABLES')).toBe('');

    const questions: string[] = [];
    const confirm: VerbArguments['confirm'] = (question) => {
      questions.push(typeof question === 'string' ? question : question(en));
      return Promise.resolve();
    };
    const live = await migrateVerb.run(context, { ...call(), confirm });
    expect(questions).toEqual(['Run on the live database: 001_a.sql?']);
    expect(live.text(en)).toEqual(['Applied: 001_a.sql.']);
    expect(await eyes.rows('SELECT * FROM a')).toBe('1 2');
    expect((await migrateVerb.run(context, call())).text(en)).toEqual([
      'Nothing to do: every migration is applied.',
    ]);
  });
});

describe('the folder of the migrations is', () => {
  const inside = async (folder: string): Promise<string> => {
    await mkdir(join(folder, 'migrations'), { recursive: true });
    await writeFile(join(folder, 'migrations', '001_a.sql'), '');
    return join(folder, 'migrations');
  };

  test('the package’s, else the project’s; without a package the application’s comes last', async () => {
    const [staged, app] = [temporaryFolder('staged'), temporaryFolder('app')];
    const context = testContext({ config: { APP_DIR: app } });
    expect(await failureOf(migrationsFolder(context))).toMatchObject({
      code: 'migrations-folder-missing',
      exitCode: 2,
    });
    const application = await inside(app);
    expect(await migrationsFolder(context)).toBe(application);
    // They are of another release than the package is.
    expect((await failureOf(migrationsFolder(context, { stagedDir: staged }))).code).toBe(
      'migrations-folder-missing',
    );
    const project = await inside(context.projectDir);
    expect(await migrationsFolder(context, { stagedDir: staged })).toBe(project);
    const packaged = await inside(staged);
    expect(await migrationsFolder(context, { stagedDir: staged })).toBe(packaged);
    expect(await migrationsFolder(context)).toBe(project);
  });

  test('that of the current release, or an absolute one', async () => {
    const app = temporaryFolder('app');
    const current = await inside(join(app, 'current'));
    expect(await migrationsFolder(testContext({ config: { APP_DIR: app, APP_LAYOUT: 'releases' } }))).toBe(
      current,
    );
    expect(await migrationsFolder(testContext({ config: { MIGRATIONS_DIR: current } }))).toBe(current);
  });

  test.each([
    ['the application', (app: string) => app],
    ['the folder itself', (app: string) => join(app, 'migrations')],
    ['a script', (app: string) => join(app, 'migrations', '001_a.sql')],
  ])('refused where anybody may write to %s, unless it is named', async (_, changed) => {
    const app = temporaryFolder('app');
    const folder = await inside(app);
    await chmod(changed(app), 0o777);
    const failure = await failureOf(migrationsFolder(testContext({ config: { APP_DIR: app } })));
    expect([failure.code, failure.exitCode]).toEqual(['migrations-of-another', 2]);
    expect(failure.message).toContain(changed(app));
    const named = testContext({ config: { APP_DIR: app, MIGRATIONS_DIR: folder } });
    expect(await migrationsFolder(named)).toBe(folder);
    // Nothing of them runs.
    expect(await migrationsFolder(testContext({ config: { APP_DIR: app } }), { use: 'read' })).toBe(folder);
  });

  test('the application’s beside an empty one of the project; of two with scripts, or without, the project’s', async () => {
    const app = temporaryFolder('app');
    const context = testContext({ config: { APP_DIR: app } });
    const project = join(context.projectDir, 'migrations');
    await mkdir(project);
    expect(await migrationsFolder(context)).toBe(project);
    await mkdir(join(app, 'migrations'));
    expect(await migrationsFolder(context)).toBe(project);
    const application = await inside(app);
    expect(await migrationsFolder(context)).toBe(application);
    await inside(context.projectDir);
    expect(await migrationsFolder(context)).toBe(project);
  });

  test.each<[string, Partial<Config>, (app: string) => string, string | undefined]>([
    ['in place', {}, (app) => join(app, 'sql', 'up'), 'sql/up'],
    ['the current release', { APP_LAYOUT: 'releases' }, (app) => join(app, 'current', 'sql'), 'sql'],
    ['a release by name', { APP_LAYOUT: 'releases' }, (app) => join(app, 'releases', '1.0', 'sql'), 'sql'],
    ['what is shared', { APP_LAYOUT: 'releases' }, (app) => join(app, 'shared', 'sql'), undefined],
    ['a persistent path', { APP_PERSIST: ['sql'] }, (app) => join(app, 'sql'), undefined],
    ['a neighbour', {}, (app) => `${app}-sql`, undefined],
  ])(
    'of each release its own, where the one of the installed release is named: %s',
    async (_, config, of, below) => {
      const [staged, app] = [temporaryFolder('staged'), temporaryFolder('app')];
      const path = of(app);
      const context = testContext({ config: { APP_DIR: app, MIGRATIONS_DIR: path, ...config } });
      expect(scriptsPath(context)).toEqual(
        below === undefined ? { path, of: 'system' } : { path: below, of: 'release' },
      );
      await mkdir(path, { recursive: true });
      const packaged = join(staged, below ?? 'sql');
      await mkdir(packaged, { recursive: true });
      expect(await migrationsFolder(context, { stagedDir: staged })).toBe(
        below === undefined ? path : packaged,
      );
    },
  );

  test('refused where a link on the way may be changed by anybody, though it leads to what is ours', async () => {
    const [app, ours] = [temporaryFolder('app'), temporaryFolder('ours')];
    await inside(ours);
    await symlink(join(ours, 'migrations'), join(app, 'migrations'));
    const context = testContext({ config: { APP_DIR: app } });
    expect(await migrationsFolder(context)).toBe(join(app, 'migrations'));
    await chmod(app, 0o777);
    expect((await failureOf(migrationsFolder(context))).code).toBe('migrations-of-another');
  });
});
