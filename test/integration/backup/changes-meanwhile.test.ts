import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { backupsDir } from '../../../scripts/config/required-settings.ts';
import type { TestContext } from '../../helpers/context.ts';
import { holdDump, type HeldDump } from '../../helpers/held-dump.ts';
import { clientFolder, servers, useServer } from '../../helpers/servers.ts';
import { createRows, runAll } from './everything.ts';

describe.each(servers)('what the server does to a dump that runs, on $name', (server) => {
  const running = useServer(server);
  const held = (database: string, dump: HeldDump): TestContext =>
    running().context({
      DB_NAME: database,
      CLIENT_COMMAND: ['env', `PATH=${clientFolder(server) ?? '/usr/bin'}:/usr/bin:/bin`, ...dump.command],
      CLIENT_BIN_DIR: undefined,
    });

  test.each([
    ['altered', 'ALTER TABLE zz_last ADD COLUMN b INT'],
    ['built anew', 'ALTER TABLE zz_last ENGINE=InnoDB'],
    ['emptied by TRUNCATE', 'TRUNCATE TABLE zz_last'],
    ['dropped', 'DROP TABLE zz_last'],
    ['made', 'CREATE TABLE zz_more (a INT)'],
  ])('a table that is %s in the middle of it makes no backup, and the reason is named', async (_, sql) => {
    const database = await running().createDatabase();
    await createRows(running(), database, 'many', 8);
    await runAll(running(), database, [
      'CREATE TABLE zz_last (a INT)',
      'INSERT INTO zz_last VALUES (1), (2)',
    ]);
    const dump = holdDump(1_000_000);
    const context = held(database, dump);
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await dump.reached();
    await runAll(running(), database, sql.split('; '));
    dump.release();
    await expect(taking).rejects.toMatchObject({ code: 'schema-changed', exitCode: 3 });
    expect(readdirSync(backupsDir(context))).toEqual([]);
  });

  test('a row that the server would not take back is refused by its table, with the setting to raise', async () => {
    const database = await running().createDatabase();
    await runAll(running(), database, [
      'CREATE TABLE photos (id INT PRIMARY KEY, content LONGBLOB)',
      "INSERT INTO photos VALUES (1, REPEAT('x', 3 * 1024 * 1024))",
    ]);
    const admin = await running().adminSession();
    const [before] = await admin.rows('SELECT @@GLOBAL.max_allowed_packet AS bytes');
    const context = running().context({ DB_NAME: database });
    await admin.run('SET GLOBAL max_allowed_packet = 4 * 1024 * 1024');
    await expect(takeBackup(context)).rejects.toMatchObject({
      code: 'row-too-long',
      exitCode: 3,
      message: expect.stringContaining('photos') as string,
    });
    expect(readdirSync(backupsDir(context))).toEqual([]);
    await admin.run('SET GLOBAL max_allowed_packet = 16 * 1024 * 1024');
    expect((await takeBackup(context)).manifest.parts.length).toBeGreaterThan(2);
    await admin.run(`SET GLOBAL max_allowed_packet = ${Number(before?.['bytes'])}`);
  });

  test('a session that is silent for longer than the server allows does not lose the backup', async () => {
    const database = await running().createDatabase();
    await createRows(running(), database, 'many', 8);
    const admin = await running().adminSession();
    const [before] = await admin.rows('SELECT @@GLOBAL.wait_timeout AS seconds');
    await admin.run('SET GLOBAL wait_timeout = 1');
    const dump = holdDump(0);
    const taking = takeBackup(held(database, dump));
    taking.catch(() => undefined);
    await dump.reached();
    // Until the server has ended a connection that is as silent as ours.
    await admin.run('DO SLEEP(3)');
    await admin.run(`SET GLOBAL wait_timeout = ${Number(before?.['seconds'])}`);
    dump.release();
    expect((await taking).manifest.inventory.tables).toHaveLength(1);
  });
});
