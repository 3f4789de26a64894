import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { partPath } from '../../../scripts/backup/layout.ts';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { backupsDir } from '../../../scripts/config/required-settings.ts';
import { connect, type Session } from '../../../scripts/database/session/session.ts';
import { withTablesLocked } from '../../../scripts/dump/client/table-locks.ts';
import { codecNamed, readStored } from '../../../scripts/dump/codec.ts';
import { quoteName } from '../../../scripts/sql/quote.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';
import { holdDump } from '../../helpers/held-dump.ts';
import { clientFolder, servers, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';

const engines = { mariadb: ['MyISAM', 'MEMORY', 'Aria'], mysql: ['MyISAM', 'MEMORY'] } as const;

/** The rows of a table, as they are in a backup. */
async function rowsOf(context: TestContext, backup: Backup, table: string): Promise<string> {
  const codec = await codecNamed(context, backup.manifest.codec);
  const pieces: Buffer[] = [];
  for (const part of backup.manifest.parts.filter(
    ({ object, section }) => object === table && section === 'rows',
  ))
    for await (const data of readStored(partPath(backup.folder, part.name), codec)) pieces.push(data);
  return Buffer.concat(pieces).toString();
}

describe.each(servers)('tables that no snapshot covers, on $name', (server) => {
  const running = useServer(server);
  const path = clientFolder(server) ?? '/usr/bin';

  async function prepared(): Promise<{ database: string; tables: { name: string; engine: string }[] }> {
    const database = await running().createDatabase();
    const tables = engines[server.flavour].map((engine) => ({ name: `in_${engine}`, engine }));
    await runAll(running(), database, [
      'CREATE TABLE plain (a INT)',
      ...tables.flatMap(({ name, engine }) => [
        `CREATE TABLE ${name} (a VARCHAR(20)) ENGINE=${engine}`,
        `INSERT INTO ${name} VALUES ('before')`,
      ]),
    ]);
    return { database, tables };
  }

  /** What the server says of a connection's statement. */
  async function stateOf(admin: Session, id: number): Promise<string> {
    const [row] = await admin.rows('SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE ID = ?', [
      id,
    ]);
    return String(row?.['state']);
  }

  const held = (database: string, dump: { readonly command: readonly string[] }): TestContext =>
    running().context({
      DB_NAME: database,
      CLIENT_COMMAND: ['env', `PATH=${path}:/usr/bin:/bin`, ...dump.command],
      CLIENT_BIN_DIR: undefined,
    });

  test('are locked while the dump runs: whoever writes waits, and what he writes is not in the backup', async () => {
    const { database, tables } = await prepared();
    const dump = holdDump(0);
    const context = held(database, dump);
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await dump.reached();
    expect(context.events).toContainEqual({
      type: 'note',
      note: 'tables-locked',
      facts: { tables: tables.toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)) },
    });
    const admin = await running().adminSession();
    const writers = await Promise.all(tables.map(() => connect(testContext(), running().target(database))));
    const writing = writers.map((writer, index) =>
      writer.run(`INSERT INTO ${tables[index]?.name ?? ''} VALUES ('late')`),
    );
    for (const { connectionId } of writers)
      await expect
        .poll(() => stateOf(admin, connectionId), { timeout: 30_000 })
        .toMatch(/^Waiting for table/);
    // Whoever reads does not wait.
    await runAll(
      running(),
      database,
      tables.map(({ name }) => `SELECT * FROM ${name}`),
    );
    dump.release();
    const backup = await taking;
    await Promise.all(writing);
    for (const { name } of tables) {
      const rows = await rowsOf(context, backup, name);
      expect(rows).toContain('before');
      expect(rows).not.toContain('late');
    }
    for (const writer of writers) await writer.close();
  });

  test('a writer that would keep out the dump for ever ends the backup, and goes on', async () => {
    const { database } = await prepared();
    await runAll(running(), database, [
      "CREATE USER IF NOT EXISTS 'plain'@'%'",
      `GRANT ALL ON ${quoteName(database)}.* TO 'plain'@'%'`,
    ]);
    const dump = holdDump(0);
    const settings = held(database, dump);
    const context = { ...settings, config: { ...settings.config, DB_USER: 'plain' } };
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await dump.reached();
    const admin = await running().adminSession();
    const writer = await connect(testContext(), running().target(database));
    const writing = writer.run("INSERT INTO in_MEMORY VALUES ('late')");
    await expect
      .poll(() => stateOf(admin, writer.connectionId), { timeout: 30_000 })
      .toMatch(/^Waiting for table/);
    dump.release();
    if (server.flavour === 'mysql') {
      expect(await rowsOf(context, await taking, 'in_MEMORY')).not.toContain('late');
    } else {
      await expect(taking).rejects.toMatchObject({ code: 'dump-held-up', exitCode: 3 });
      expect(readdirSync(backupsDir(context))).toEqual([]);
    }
    await writing;
    await writer.close();
  });

  test('a user without LOCK TABLES is refused, with their names, their engines and both remedies', async () => {
    const { database } = await prepared();
    await runAll(running(), database, [
      "CREATE USER IF NOT EXISTS 'lockless'@'%'",
      `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON ${quoteName(database)}.* TO 'lockless'@'%'`,
    ]);
    const context = running().context({ DB_NAME: database, DB_USER: 'lockless' });
    await expect(takeBackup(context)).rejects.toMatchObject({
      code: 'outside-snapshot',
      exitCode: 3,
      message: expect.stringMatching(/in_MEMORY \(MEMORY\), in_MyISAM \(MyISAM\)/) as string,
    });
    expect(readdirSync(backupsDir(context))).toEqual([]);
    await runAll(running(), database, [`GRANT LOCK TABLES ON ${quoteName(database)}.* TO 'lockless'@'%'`]);
    expect((await takeBackup(context)).manifest.inventory.tables).toHaveLength(
      engines[server.flavour].length + 1,
    );
  });

  test('a lock that somebody else holds is waited for only so long, and he is named', async () => {
    const { database, tables } = await prepared();
    const writer = await connect(testContext(), running().target(database));
    await writer.run('LOCK TABLES in_MyISAM WRITE');
    const work = (): Promise<never> => Promise.reject(new Error('it must not begin'));
    await expect(
      withTablesLocked(testContext(), running().target(database), tables, work, 1),
    ).rejects.toMatchObject({
      code: 'tables-not-locked',
      exitCode: 3,
      message: expect.stringContaining(`connection ${writer.connectionId} of root@localhost`) as string,
    });
    await writer.close();
  });

  test('locks that the server lets go of make no backup', async () => {
    const { database } = await prepared();
    const dump = holdDump(0);
    const context = held(database, dump);
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await dump.reached();
    const admin = await running().adminSession();
    // The first one asks what there is, the second one locks, the others count and dump.
    const [, locking] = await admin.rows(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = ? ORDER BY ID',
      [database],
    );
    await admin.run(`KILL ${Number(locking?.['id'])}`);
    dump.release();
    await expect(taking).rejects.toMatchObject({ code: 'table-locks-lost', exitCode: 3 });
    expect(readdirSync(backupsDir(context))).toEqual([]);
  });

  test('locks end with the work, also when that fails', async () => {
    const { database, tables } = await prepared();
    const failing = withTablesLocked(testContext(), running().target(database), tables, () =>
      Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    await runAll(
      running(),
      database,
      tables.map(({ name }) => `INSERT INTO ${name} VALUES ('after')`),
    );
  });
});
