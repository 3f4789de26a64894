import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { schemaFingerprint } from '../../../scripts/database/fingerprint.ts';
import { readDefiners, readInventory } from '../../../scripts/database/inventory.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { startDump } from '../../../scripts/dump/client/dump.ts';
import { replaceObjects } from '../../../scripts/restore/load/swap-tables.ts';
import { makeCopyDatabase, startThrowaway } from '../../../scripts/server/throwaway.ts';
import type { TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { fillWithEverything } from './everything.ts';
import { type Clients, findClients, loadSql } from '../../helpers/vendor-clients.ts';

async function dumped(context: TestContext, clients: Clients, target: Target): Promise<Buffer> {
  const dump = await startDump(context, clients, target);
  const chunks: Buffer[] = [];
  for await (const chunk of dump.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  await dump.finished;
  return Buffer.concat(chunks);
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe.each(servers)('a dump on $name', (server) => {
  const running = useServer(server);

  it('loads into another server, with everything in it, and is dumped there the same', async () => {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const database = await running().createDatabase('every_thing');
    const admin = await running().adminSession();
    await fillWithEverything(admin, database, server.flavour);
    await admin.run(`CREATE USER 'app'@'10.%'`);
    await admin.run(`CREATE DEFINER='app'@'10.%' VIEW \`${database}\`.\`by app\` AS SELECT 1`);
    const inventory = await readInventory(admin, database);
    const definers = await readDefiners(admin, database);
    expect(definers).toEqual([
      { user: 'app', host: '10.%' },
      { user: 'root', host: 'localhost' },
    ]);

    const source = running().target(database);
    const first = await dumped(context, clients, source);
    expect(sha256(await dumped(context, clients, source))).toBe(sha256(first));
    if (server.flavour === 'mariadb') expect(first.toString('utf8')).toContain("(1,'old',");
    expect(first.toString('utf8').trimEnd().split('\n').at(-1)).toBe('-- Dump completed');

    const throwaway = await startThrowaway(context, server.programs);
    try {
      const { charset, collation } = inventory;
      const target = await makeCopyDatabase(context, throwaway, { database, charset, collation, definers });
      await loadSql(context, clients, target, Readable.from([first]));
      await withSession(context, target, async (session) => {
        expect(await readInventory(session, database)).toEqual(inventory);
        expect(await schemaFingerprint(session, database)).toBe(await schemaFingerprint(admin, database));
      });
      const canonical = (text: Buffer): string[] =>
        text
          .toString('utf8')
          .replaceAll(' CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', ' COLLATE utf8mb4_general_ci')
          .split('\n');
      expect(canonical(await dumped(context, clients, target))).toEqual(canonical(first));
    } finally {
      await throwaway.close();
    }
  });

  it('can be cleared from a database, which stays with its charset', async () => {
    const context = running().context();
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await fillWithEverything(admin, database, server.flavour);
    await admin.run(`CREATE DATABASE neighbour`);
    await admin.run(
      `CREATE TABLE neighbour.child (id INT PRIMARY KEY, user INT, FOREIGN KEY (user) REFERENCES \`${database}\`.users (id))`,
    );
    const before = await readInventory(admin, database);
    await withSession(context, running().target(database), (session) =>
      replaceObjects(session, database, 'everything'),
    );
    expect(await readInventory(admin, database)).toEqual({
      ...before,
      tables: [],
      views: [],
      triggers: [],
      routines: [],
      events: [],
      sequences: [],
    });
    await admin.run('DROP DATABASE neighbour');
  });

  it('ends in one error with the program’s words when it cannot be taken', async () => {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const target = running().target('absent');
    await expect(dumped(context, clients, target)).rejects.toMatchObject({
      code: 'database-missing',
      exitCode: 2,
    });
    await expect(dumped(context, clients, { ...target, socket: '/nowhere' })).rejects.toMatchObject({
      code: 'database-unreachable',
      exitCode: 2,
    });
    await expect(dumped(context, clients, { ...target, user: 'nobody' })).rejects.toMatchObject({
      code: 'database-access-denied',
      exitCode: 2,
    });
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run(`CREATE VIEW \`${database}\`.broken AS SELECT user FROM mysql.user`);
    await admin.run(`CREATE TABLE \`${database}\`.gone (id INT)`);
    await admin.run(`CREATE OR REPLACE VIEW \`${database}\`.broken AS SELECT id FROM \`${database}\`.gone`);
    await admin.run(`DROP TABLE \`${database}\`.gone`);
    await expect(dumped(context, clients, running().target(database))).rejects.toMatchObject({
      code: 'dump-failed',
      exitCode: 3,
      message: expect.stringContaining('broken') as string,
    });
  });

  it('ends at once when the work is interrupted', async () => {
    const controller = new AbortController();
    const context = { ...running().context(), signal: controller.signal };
    const clients = await findClients(context, server.flavour);
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run(`CREATE TABLE \`${database}\`.big (id INT PRIMARY KEY AUTO_INCREMENT, filler LONGTEXT)`);
    for (let row = 0; row < 8; row += 1)
      await admin.run(`INSERT INTO \`${database}\`.big (filler) VALUES (REPEAT('x', 4000000))`);
    const dump = await startDump(context, clients, running().target(database));
    controller.abort();
    dump.stdout.resume();
    await expect(dump.finished).rejects.toMatchObject({ code: 'dump-failed' });
  });
});
