import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { findDumpClient } from '../../../scripts/dump/client/clients.ts';
import { compareDump } from '../../../scripts/restore/compare.ts';
import { loadBackup } from '../../../scripts/restore/load/load-backup.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';

const tables = 150;

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);

  test('what can be done for many tables at once takes a few statements, and the copy is equal', async () => {
    const admin = await running().adminSession();
    const database = await running().createDatabase();
    await runAll(running(), database, [
      ...Array.from({ length: tables }, (_, at) => [
        `CREATE TABLE t${at} (id INT PRIMARY KEY, parent INT, KEY parent (parent),
           CONSTRAINT t${at}_parent FOREIGN KEY (parent) REFERENCES t${at} (id)) COMMENT 'number ''${at}'''`,
        ...(at % 2 === 0 ? [`INSERT INTO t${at} VALUES (1, NULL), (2, 1)`] : []),
      ]).flat(),
      'CREATE TABLE packed (id INT PRIMARY KEY) ROW_FORMAT=COMPRESSED',
      'INSERT INTO packed VALUES (1)',
    ]);
    const done = async (names: readonly string[]): Promise<Map<string, number>> => {
      const rows = await admin.rows(`SHOW GLOBAL STATUS LIKE 'Com\\_%'`);
      const counts = rows.map((row) => [String(row['Variable_name']), Number(row['Value'])] as const);
      return new Map(counts.filter(([name]) => names.includes(name)));
    };
    const during = async <T>(
      names: readonly string[],
      work: () => Promise<T>,
    ): Promise<{ result: T; counts: Record<string, number> }> => {
      const before = await done(names);
      const result = await work();
      const after = await done(names);
      const counts = names.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]);
      return { result, counts: Object.fromEntries(counts) as Record<string, number> };
    };
    const context = running().context({ DB_NAME: database });

    // One is of the dump program.
    const { result: backup, counts: taking } = await during(['Com_savepoint'], () => takeBackup(context));
    expect(taking['Com_savepoint']).toBeLessThanOrEqual(4);

    const copy = running().target(await running().createDatabase(`${database}_copy`));
    const { counts: loading } = await during(['Com_drop_table', 'Com_analyze', 'Com_create_table'], () =>
      loadBackup(context, backup, copy, () => undefined, { isCopy: true }),
    );
    expect(loading).toEqual({ Com_drop_table: 0, Com_analyze: 3, Com_create_table: tables + 1 });

    const { flavour } = backup.manifest.database.server;
    const client = await findDumpClient(context, flavour);
    expect((await compareDump(context, backup, client, copy)).differences).toEqual([]);

    // Set for all of the server while tables are made, and only then.
    expect(await admin.rows('SELECT @@GLOBAL.innodb_file_per_table AS own')).toEqual([{ own: '1' }]);
    if (flavour !== 'mariadb') return;
    const files = await admin.rows(
      'SELECT NAME AS name FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME LIKE ?',
      [`${copy.database}/%`],
    );
    expect(files).toEqual([{ name: `${copy.database}/packed` }]);
  });
});
