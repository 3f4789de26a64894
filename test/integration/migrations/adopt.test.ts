import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { connectionRunning } from '../../helpers/held-statement.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrateCaller } from './helpers.ts';

const files = {
  '001_users.sql': 'CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1);',
  '002_orders.sql': 'CREATE TABLE orders (id int PRIMARY KEY);',
  '003_bills.sql': 'CREATE TABLE bills (id int PRIMARY KEY);',
};

/** As the programs themselves make them. */
const dbmate = 'CREATE TABLE IF NOT EXISTS `schema_migrations` (version varchar(128) primary key)';
const golangMigrate =
  'CREATE TABLE `schema_migrations` (version bigint not null primary key, dirty boolean not null)';
const flyway = `CREATE TABLE \`flyway_schema_history\` (
  \`installed_rank\` INT NOT NULL, \`version\` VARCHAR(50), \`description\` VARCHAR(200) NOT NULL,
  \`type\` VARCHAR(20) NOT NULL, \`script\` VARCHAR(1000) NOT NULL, \`checksum\` INT,
  \`installed_by\` VARCHAR(100) NOT NULL, \`installed_on\` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  \`execution_time\` INT NOT NULL, \`success\` BOOL NOT NULL,
  CONSTRAINT \`flyway_schema_history_pk\` PRIMARY KEY (\`installed_rank\`)) ENGINE=InnoDB`;
const laravel = `create table \`migrations\` (\`id\` int unsigned not null auto_increment primary key,
  \`migration\` varchar(255) not null, \`batch\` int not null)
  default character set utf8mb4 collate 'utf8mb4_unicode_ci'`;
const phinx = `CREATE TABLE \`phinxlog\` (\`version\` BIGINT NOT NULL, \`migration_name\` VARCHAR(100) NULL,
  \`start_time\` TIMESTAMP NULL DEFAULT NULL, \`end_time\` TIMESTAMP NULL DEFAULT NULL,
  \`breakpoint\` BOOLEAN NOT NULL DEFAULT false, PRIMARY KEY (\`version\`))`;
const flywayColumns = `(installed_rank, version, description, type, script, checksum, installed_by, installed_on,
  execution_time, success)`;

interface Case {
  readonly name: string;
  readonly statements: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly appliedBy: string;
  readonly note: string;
  readonly finishedAt?: string;
}

const cases: readonly Case[] = [
  {
    name: 'dbmate',
    statements: [dbmate, "INSERT INTO schema_migrations (version) VALUES ('001'), ('002')"],
    appliedBy: 'dbmate or Rails, adopted by maj',
    note: 'adopted from schema_migrations',
  },
  {
    name: 'golang-migrate',
    statements: [golangMigrate, 'INSERT INTO schema_migrations (version, dirty) VALUES (2, 0)'],
    appliedBy: 'golang-migrate, adopted by maj',
    note: 'adopted from schema_migrations',
  },
  {
    name: 'Flyway',
    statements: [
      flyway,
      'CREATE INDEX `flyway_schema_history_s_idx` ON `flyway_schema_history` (`success`)',
      "SET time_zone = '+05:00'",
      `INSERT INTO flyway_schema_history ${flywayColumns} VALUES
       (1, '1.0', 'users', 'SQL', 'V1_0__users.sql', 1, 'deploy', '2020-01-01 17:00:00', 12, 1),
       (2, '1.1', 'orders', 'SQL', 'V1_1__orders.sql', -1, 'deploy', '2020-01-01 17:00:00', 12, 1),
       (3, NULL, 'views', 'SQL', 'R__views.sql', 7, 'deploy', '2020-01-01 17:00:00', 12, 1)`,
    ],
    appliedBy: 'Flyway as deploy, adopted by maj',
    note: 'adopted from flyway_schema_history',
    finishedAt: '2020-01-01 12:00:00.000',
  },
  {
    name: 'Laravel',
    statements: [
      laravel,
      `insert into migrations (migration, batch) values ('2014_10_12_000000_users', 1),
       ('2014_10_12_100000_orders', 2)`,
    ],
    files: {
      '20141012000000_users.sql': files['001_users.sql'],
      '20150101000000_orders.sql': files['002_orders.sql'],
      '20160101000000_bills.sql': files['003_bills.sql'],
    },
    appliedBy: 'Laravel, adopted by maj',
    note: 'adopted from migrations',
  },
  {
    name: 'Phinx',
    statements: [
      phinx,
      `INSERT INTO phinxlog (version, migration_name, start_time, end_time, breakpoint) VALUES
       (20190101120000, 'Users', '2019-01-01 12:00:00', '2019-01-01 12:00:01', 0),
       (20190102120000, 'Orders', '2019-01-02 12:00:00', '2019-01-02 12:00:01', 0)`,
    ],
    appliedBy: 'Phinx, adopted by maj',
    note: 'adopted from phinxlog; applied at 2019-01-01 12:00:01, time zone unknown',
  },
  {
    name: 'a lone version in schema_versions',
    statements: [
      'CREATE TABLE schema_versions (version int NOT NULL PRIMARY KEY) ENGINE=MyISAM',
      'INSERT INTO schema_versions VALUES (1), (2)',
    ],
    appliedBy: 'another program, adopted by maj',
    note: 'adopted from schema_versions',
  },
  {
    name: 'versions with times in schema_versions',
    statements: [
      `CREATE TABLE schema_versions (id int AUTO_INCREMENT PRIMARY KEY, version varchar(20), description text,
       applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
      "SET time_zone = '-03:00'",
      `INSERT INTO schema_versions (version, description, applied_at) VALUES
       ('1', 'users', '2020-01-01 09:00:00'), ('2', 'orders', '2020-01-01 09:00:00')`,
    ],
    appliedBy: 'another program, adopted by maj',
    note: 'adopted from schema_versions',
    finishedAt: '2020-01-01 12:00:00.000',
  },
];

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  /** A database as another program has left it. */
  const project = async (
    statements: readonly string[],
    scripts: Readonly<Record<string, string>> = files,
  ) => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database, APP_DIR: temporaryFolder('app') });
    await mkdir(join(context.projectDir, 'migrations'));
    for (const [name, text] of Object.entries(scripts))
      await writeFile(join(context.projectDir, 'migrations', name), text);
    const eyes = await look(context, running().target(database));
    for (const sql of [...Object.values(files).slice(0, 2).join('\n').split('\n'), ...statements])
      await eyes.session.run(sql);
    const { call, questions } = migrateCaller(context);
    return { call, questions, eyes, context };
  };

  test.each(cases)('the record of $name is adopted, and what is pending then runs', async (one) => {
    const { call, questions, eyes, context } = await project(one.statements, one.files);
    const table = one.note.replace(/^adopted from (\w+).*$/, '$1');
    const before = await eyes.rows(`SELECT * FROM ${table}`);
    const planned = await call(['adopt'], { plan: true });
    expect(planned.data).toMatchObject({ written: false, from: table });
    expect(questions).toEqual([]);
    expect(await eyes.rows("SHOW TABLES LIKE 'schema_versions_before_maj'")).toBe('');

    const result = await call(['adopt']);
    const text = result.text(en).join('\n');
    expect(text).toMatch(/Pending: \d+_bills\.sql\. Next, rehearse them: `maj rehearse/);
    expect(questions.join()).toContain(`Applied, says ${table} (`);
    const makesRoom = table === 'schema_versions';
    expect(result.data).toMatchObject({
      written: true,
      renamedTo: makesRoom ? 'schema_versions_before_maj' : null,
    });
    // Not a row of theirs has changed.
    expect(await eyes.rows(`SELECT * FROM ${makesRoom ? 'schema_versions_before_maj' : table}`)).toBe(before);

    const rows = await eyes.ledger();
    expect(rows).toMatchObject([
      { name: 'users', state: 'applied', statements: 2, statementsDone: 2, note: one.note },
      { name: 'orders', state: 'applied', statements: 1, statementsDone: 1 },
    ]);
    expect(rows[0]).toMatchObject({ appliedBy: one.appliedBy });
    if (one.finishedAt !== undefined) expect(rows[0]?.finishedAt).toBe(one.finishedAt);
    const status = (await call(['status'])).text(en).join('\n');
    expect(status).toMatch(/users +applied/);
    expect(status).toContain('1 pending');
    expect(status).not.toContain('Problem');

    expect(await failureOf(call(['adopt']))).toMatchObject({ code: 'adopt-not-empty', exitCode: 3 });
    await takeBackup(context, { databaseOnly: true });
    await call([], { 'dry-run': true });
    expect((await call([])).text(en).join()).toMatch(/^Applied: \d+_bills\.sql\.$/);
    expect(await eyes.rows('SELECT COUNT(*) FROM bills')).toBe('0');
  });

  test.each([
    ['dirty', [golangMigrate, 'INSERT INTO schema_migrations VALUES (2, 1)'], 'adopt-refused', 'is dirty'],
    [
      'failed',
      [
        flyway,
        `INSERT INTO flyway_schema_history ${flywayColumns} VALUES
         (1, '1', 'users', 'SQL', 'V1__users.sql', 1, 'root', NOW(), 12, 0)`,
      ],
      'adopt-refused',
      '1 users failed',
    ],
    [
      'unfinished',
      [phinx, "INSERT INTO phinxlog (version, migration_name) VALUES (1, 'Users')"],
      'adopt-refused',
      'no end_time',
    ],
    [
      'of an unknown shape',
      ['CREATE TABLE schema_versions (id int, state text)'],
      'adopt-unknown',
      'shape that is not known: id, state',
    ],
    ['not alone', [dbmate, laravel], 'adopt-several', 'schema_migrations, migrations'],
    [
      'in the way, with its new name taken',
      ['CREATE TABLE schema_versions (version int)', 'CREATE TABLE schema_versions_before_maj (id int)'],
      'adopt-name-taken',
      'schema_versions_before_maj',
    ],
    ['not there', [], 'adopt-nothing', 'no other program'],
  ])('a record that is %s is refused, and nothing is changed', async (_title, statements, code, text) => {
    const { call, questions, eyes } = await project(statements);
    const tables = await eyes.rows('SHOW TABLES');
    const failure = await failureOf(call(['adopt']));
    expect(failure).toMatchObject({ code, exitCode: 3 });
    expect(failure.message).toContain(text);
    expect(questions).toEqual([]);
    expect(await eyes.rows('SHOW TABLES')).toBe(tables);
  });

  test('the table is named where several are there, and an empty ledger of ours is filled', async () => {
    const { call, eyes } = await project([
      dbmate,
      "INSERT INTO schema_migrations VALUES ('1')",
      laravel,
      "INSERT INTO migrations (migration, batch) VALUES ('2014_10_12_000000_users', 1)",
    ]);
    await call(['baseline', '0']);
    expect(await failureOf(call(['status'], { from: 'x' }))).toMatchObject({ code: 'bad-usage' });
    await call(['adopt'], { from: 'schema_migrations' });
    expect(await eyes.ledger()).toMatchObject([{ version: '001', note: 'adopted from schema_migrations' }]);
    expect(await eyes.rows("SHOW TABLES LIKE 'schema\\_versions\\_%'")).toBe('');
  });

  test('scripts that would be out of order, and entries without a script, are named before the question', async () => {
    const { call, questions } = await project([
      dbmate,
      "INSERT INTO schema_migrations VALUES ('1'), ('3'), ('0007')",
    ]);
    await call(['adopt']);
    expect(questions[0]).toContain('Not applied, though newer ones are: 002_orders.sql.');
    expect(questions[0]).toContain('no longer among the scripts; left out: 0007.');
  });

  test('one row is the current version when the user says so', async () => {
    const { call, eyes } = await project([
      'CREATE TABLE schema_version (version int)',
      'INSERT INTO schema_version VALUES (2)',
    ]);
    const failure = await failureOf(call(['adopt']));
    expect(failure.message).toContain('say so with --current');
    await call(['adopt'], { current: true });
    expect((await eyes.ledger()).map(({ version }) => version)).toEqual(['001', '002']);
  });

  test('one that dies before the rename leaves the old state, and the next one goes through', async () => {
    const { call, eyes, context } = await project([
      'CREATE TABLE schema_versions (version int) ENGINE=InnoDB',
      'INSERT INTO schema_versions VALUES (1), (2)',
    ]);
    expect((await failureOf(call(['status']))).hint).toContain('maj migrate adopt');
    const admin = await running().adminSession();
    const holder = await look(context, running().target(String(context.config.DB_NAME)));
    await holder.session.run('START TRANSACTION');
    await holder.session.run('SELECT * FROM schema_versions');
    for (const [kill, state] of [
      ['KILL QUERY', 'The record is as before'],
      ['KILL', 'either as before or taken over'],
    ] as const) {
      const dying = failureOf(call(['adopt']));
      await admin.run(`${kill} ${await connectionRunning(admin, 'RENAME TABLE')}`);
      const failure = await dying;
      expect(failure).toMatchObject({ code: 'adopt-failed', exitCode: 3 });
      expect(failure.state).toContain(state);
    }
    await holder.session.run('COMMIT');
    expect(await eyes.rows('SELECT * FROM schema_versions')).toBe('1 2');
    expect(await eyes.rows('SELECT COUNT(*) FROM schema_versions_adopting')).toBe('2');

    await call(['adopt']);
    expect((await eyes.ledger()).map(({ version }) => version)).toEqual(['001', '002']);
    expect(await eyes.rows("SHOW TABLES LIKE 'schema\\_versions%'")).toBe(
      'schema_versions schema_versions_before_maj',
    );
  });

  test('one that died between two renames, on a server without atomic ones, is finished', async () => {
    const { call, eyes } = await project([
      'CREATE TABLE schema_versions (version int)',
      'INSERT INTO schema_versions VALUES (1), (2)',
    ]);
    await call(['adopt']);
    await eyes.session.run('RENAME TABLE schema_versions TO schema_versions_adopting');
    await call(['adopt']);
    expect((await eyes.ledger()).map(({ version }) => version)).toEqual(['001', '002']);
    expect(await eyes.rows("SHOW TABLES LIKE 'schema\\_versions\\_%'")).toBe('schema_versions_before_maj');
  });
});
