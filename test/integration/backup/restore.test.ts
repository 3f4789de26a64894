import { describe, expect, test } from 'vitest';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { withSession, type Row } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { compareWithDatabase } from '../../../scripts/restore/compare.ts';
import { learnRestore, restoreFacts } from '../../../scripts/restore/restore-database.ts';
import { restoreInto } from '../../../scripts/restore/restore-into.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, createRows, runAll } from './everything.ts';
import { restoreDatabase } from '../../helpers/restore-database.ts';

describe.each(servers)('a restore on $name', (server) => {
  const running = useServer(server);

  /** A database with one of everything, and a backup of it. */
  const backedUp = async (): Promise<{
    database: string;
    context: TestContext;
    target: Target;
    backup: Backup;
  }> => {
    const database = await createEverything(running(), server.flavour);
    const context = running().context({ DB_NAME: database });
    return { database, context, target: running().target(database), backup: await takeBackup(context) };
  };
  const rows = (database: string, sql: string): Promise<Row[]> =>
    withSession(testContext(), running().target(database), (session) => session.rows(sql));
  /** The server's own number of each table: a table that was made anew has another. */
  const identities = async (database: string): Promise<ReadonlyMap<string, string>> => {
    const view = server.flavour === 'mariadb' ? 'INNODB_SYS_TABLES' : 'INNODB_TABLES';
    const found = await rows(
      database,
      `SELECT NAME AS name, TABLE_ID AS id FROM information_schema.${view} WHERE NAME LIKE '${database}/%'`,
    );
    return new Map(found.map(({ name, id }) => [String(name).slice(database.length + 1), String(id)]));
  };

  test('touches only what differs, and ends equal', async () => {
    const { database, context, target, backup } = await backedUp();
    const before = await identities(database);
    await runAll(running(), database, [
      "UPDATE users SET name = 'gone' WHERE id = 1",
      'CREATE TABLE added (id INT PRIMARY KEY, user_id INT, FOREIGN KEY (user_id) REFERENCES users (id))',
      'DROP TRIGGER `after odd`',
    ]);
    const planned = await learnRestore(context, backup, target);
    const facts = restoreFacts(planned, undefined);
    expect(facts).toMatchObject({
      everything: false,
      loaded: ['users'],
      dropped: ['added'],
      others: ['triggers of odd `name/é'],
    });
    expect(await compareWithDatabase(context, backup, target)).not.toEqual([]);

    expect(restoreFacts(await restoreDatabase(context, backup, target), undefined)).toEqual(facts);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
    const after = await identities(database);
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    const changed = [...after].filter(([name, id]) => before.get(name) !== id).map(([name]) => name);
    expect(changed).toEqual(['users']);
    const [child] = await rows(database, 'SHOW CREATE TABLE empty_one');
    expect(String(child?.['Create Table'])).toContain('REFERENCES `users` (`id`)');

    expect(restoreFacts(await restoreDatabase(context, backup, target), undefined)).toMatchObject({
      loaded: [],
      dropped: [],
      others: [],
    });
  });

  test('loads everything where the database cannot even be dumped', async () => {
    const { database, context, target, backup } = await backedUp();
    await runAll(running(), database, ['SET foreign_key_checks = 0', 'DROP TABLE users']);
    expect(await restoreDatabase(context, backup, target)).toBe('everything');
    expect(context.events).toContainEqual(expect.objectContaining({ note: 'restore-everything' }));
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  test('of some tables leaves the others as they are, and says so', async () => {
    const { database, context, target, backup } = await backedUp();
    await runAll(running(), database, ['DELETE FROM latin', "UPDATE users SET note = 'kept' WHERE id = 7"]);
    const only = new Set(['latin']);
    const work = await restoreDatabase(context, backup, target, { tables: only });
    expect(restoreFacts(work, only)).toMatchObject({
      loaded: ['latin'],
      left: ['users (rows)'],
      only: ['latin'],
    });
    expect(await compareWithDatabase(context, backup, target)).toEqual(['users (rows)']);
    await expect(
      restoreDatabase(context, backup, target, { tables: new Set(['latin', 'nowhere']) }),
    ).rejects.toMatchObject({ code: 'tables-not-in-backup', exitCode: 3 });
  });

  test('into a database that the account may not make says who has to make it', async () => {
    const { database, context, backup } = await backedUp();
    const admin = await running().adminSession();
    await admin.run(`CREATE USER 'own only'@'localhost'`);
    await admin.run(`GRANT ALL ON \`${database}\`.* TO 'own only'@'localhost'`);
    const target = { ...running().target(`${database}_copy`), user: 'own only', password: undefined };
    await expect(restoreInto(context, backup, target, 'current')).rejects.toMatchObject({
      code: 'into-denied',
      exitCode: 3,
      facts: { database: `${database}_copy`, grantee: "'own only'@'localhost'" },
    });
    expect(await rows(database, `SHOW DATABASES LIKE '%_copy'`)).toEqual([]);
  });

  test('into another database leaves the live one alone, and tells what still uses it', async () => {
    const { database, context, target, backup } = await backedUp();
    await runAll(running(), database, [
      `CREATE PROCEDURE qualified() SELECT COUNT(*) FROM \`${database}\`.users`,
      `ALTER DATABASE \`${database}\` CHARACTER SET latin1 COLLATE latin1_bin`,
    ]);
    const later = await takeBackup(context);
    const copy = `${database}_copy`;
    await restoreInto(context, later, running().target(copy), 'keep');
    expect(await compareWithDatabase(context, later, running().target(copy))).toEqual([]);
    expect(await compareWithDatabase(context, later, target)).toEqual([]);
    expect(context.events).toContainEqual(
      expect.objectContaining({ note: 'names-database', facts: { database, objects: ['routines'] } }),
    );
    const [defaults] = await rows(copy, 'SELECT @@character_set_database AS charset');
    expect(defaults?.['charset']).toBe('latin1');
    await expect(restoreInto(context, backup, running().target(copy), 'keep')).rejects.toMatchObject({
      code: 'database-not-empty',
      exitCode: 3,
    });
  });

  test('keeps definers that do not exist and warns of them, or gives all to the one that restores', async () => {
    const database = await createEverything(running(), server.flavour);
    await runAll(running(), database, [
      "CREATE USER 'lost one'@'10.%'",
      `GRANT ALL ON \`${database}\`.* TO 'lost one'@'10.%'`,
      "CREATE DEFINER = 'lost one'@'10.%' VIEW of_lost AS SELECT id FROM users",
      "CREATE DEFINER = 'lost one'@'10.%' PROCEDURE by_lost() SELECT 1",
      "CREATE DEFINER = 'lost one'@'10.%' TRIGGER at_lost AFTER INSERT ON latin FOR EACH ROW SET @x = 1",
      "CREATE DEFINER = 'lost one'@'10.%' EVENT on_lost ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
    ]);
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);
    const backup = await takeBackup(context);
    await runAll(running(), database, [
      'DROP VIEW of_lost',
      'DROP PROCEDURE by_lost',
      'DROP TRIGGER at_lost',
      'DROP EVENT on_lost',
      "DROP USER 'lost one'@'10.%'",
    ]);
    await restoreDatabase(context, backup, target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
    expect(context.events).toContainEqual(
      expect.objectContaining({ note: 'definers-absent', facts: { definers: ['lost one@10.%'] } }),
    );

    await runAll(running(), database, ['DROP VIEW of_lost', 'DROP TRIGGER at_lost', 'DELETE FROM latin']);
    await restoreDatabase(context, backup, target, { definers: 'current' });
    const definers = await rows(
      database,
      `SELECT DEFINER AS definer FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${database}'
       UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${database}' AND TRIGGER_NAME = 'at_lost'
       UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '${database}'
       UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${database}'`,
    );
    expect(definers).toEqual([{ definer: 'root@localhost' }]);
  });

  test('puts each kind of object back over any other that has taken its name', async () => {
    const kinds = [
      ['table', 'CREATE TABLE ? (n INT)', 'DROP TABLE ?'],
      ['view', 'CREATE VIEW ? AS SELECT 1 AS n', 'DROP VIEW ?'],
      ...(server.flavour === 'mariadb'
        ? ([['sequence', 'CREATE SEQUENCE ? START 7', 'DROP SEQUENCE ?']] as const)
        : []),
    ] as const;
    const pairs = kinds.flatMap(([was, make, drop]) =>
      kinds
        .filter(([is]) => is !== was)
        .map(([is, other]) => {
          const named = (sql: string): string => sql.replace('?', `${was}_then_${is}`);
          return { make: named(make), change: [named(drop), named(other)] };
        }),
    );
    const database = await running().createDatabase();
    await runAll(
      running(),
      database,
      pairs.map(({ make }) => make),
    );
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    await runAll(
      running(),
      database,
      pairs.flatMap(({ change }) => change),
    );
    const target = running().target(database);
    await restoreDatabase(context, backup, target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  test('of a newer server is refused with both versions, before anything is changed', async () => {
    const { context, target, backup } = await backedUp();
    const { database } = backup.manifest;
    const newer = { ...database.server, version: '99.1.0', text: 'The same 99.1.0' };
    const foreign = { ...backup, manifest: { ...backup.manifest, database: { ...database, server: newer } } };
    await expect(restoreDatabase(context, foreign, target)).rejects.toMatchObject({
      code: 'server-older',
      exitCode: 3,
    });
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  test('of a server that keeps names in another case is refused where names would change', async () => {
    const { database, context, target, backup } = await backedUp();
    await runAll(running(), database, ['CREATE TABLE Mixed (id INT PRIMARY KEY)']);
    const later = await takeBackup(context);
    const folded = (one: Backup): Backup => ({
      ...one,
      manifest: { ...one.manifest, database: { ...one.manifest.database, lowerCaseTableNames: 1 } },
    });
    await expect(restoreDatabase(context, folded(later), target)).rejects.toMatchObject({
      code: 'name-case-differs',
      exitCode: 3,
    });
    await restoreDatabase(context, folded(backup), target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  test('names the part, the line and the table of the first statement that fails', async () => {
    const database = await createEverything(running(), server.flavour);
    await createRows(running(), database, 'many', 40);
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    const admin = await running().adminSession();
    await runAll(running(), database, ['DROP TABLE many']);
    const [limit] = await admin.rows('SELECT @@GLOBAL.max_allowed_packet AS bytes');
    await admin.run('SET GLOBAL max_allowed_packet = 65536');
    try {
      await expect(restoreDatabase(context, backup, running().target(database))).rejects.toMatchObject({
        code: 'restore-failed',
        exitCode: 11,
        message: expect.stringMatching(/many\.2-data-00\d\.sql.*line \d+, of many/) as string,
      });
    } finally {
      await admin.run(`SET GLOBAL max_allowed_packet = ${String(limit?.['bytes'])}`);
    }
    await restoreDatabase(context, backup, running().target(database));
    expect(await compareWithDatabase(context, backup, running().target(database))).toEqual([]);
  });
});
