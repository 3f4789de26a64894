import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drainConnections } from '../../../scripts/application/drain.ts';
import { Secret } from '../../../scripts/config/types.ts';
import { connect, type Session } from '../../../scripts/database/session/session.ts';
import type { TestContext } from '../../helpers/context.ts';
import { connectionRunning, holdLock } from '../../helpers/held-statement.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers)('existing connections, on $name', (server) => {
  const running = useServer(server);
  const sessions: Session[] = [];
  let database: string;

  const contextWith = (drainMs: number, config: Readonly<Record<string, unknown>> = {}): TestContext =>
    running().context({ DB_NAME: database, MAINTENANCE_DRAIN: drainMs, ...config });
  const session = async (): Promise<Session> => {
    const opened = await connect(contextWith(0), running().target(database));
    sessions.push(opened);
    return opened;
  };
  const said = (context: TestContext, name: string): unknown[] =>
    context.events.flatMap((event) => ('note' in event && event.note === name ? [event.facts] : []));

  beforeAll(async () => {
    database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run(`CREATE TABLE ${database}.t (id INT PRIMARY KEY) ENGINE=InnoDB`);
    await admin.run("CREATE USER limited@'localhost' IDENTIFIED BY 'secret'");
    await admin.run(`GRANT ALL ON ${database}.* TO limited@'localhost'`);
  });
  afterEach(() => {
    for (const one of sessions.splice(0)) one.destroy();
  });

  test('that are idle are not waited for', async () => {
    await (await session()).run('SELECT 1');
    const context = contextWith(60_000);
    expect(await drainConnections(context)).toEqual([]);
    expect(said(context, 'not-drained')).toEqual([]);
    expect(said(context, 'drain-blind')).toEqual([]);
  });

  test('are waited for until their statement has ended', async () => {
    const other = await session();
    const admin = await running().adminSession();
    const held = await holdLock(admin, 'at_work');
    const statement = other.rows("SELECT GET_LOCK('at_work', 100)");
    await connectionRunning(admin, 'at_work');
    const context = contextWith(60_000);
    let drained = false;
    const draining = drainConnections(context).finally(() => (drained = true));
    // Longer than it looks twice.
    await context.clock.sleep(1000);
    expect(drained).toBe(false);
    await held.release();
    expect(await draining).toEqual([]);
    await statement;
    expect(said(context, 'not-drained')).toEqual([]);
  });

  test('with an open transaction are named once the time is over, and the work goes on', async () => {
    const other = await session();
    await other.run('START TRANSACTION');
    await other.run('INSERT INTO t VALUES (1)');
    const context = contextWith(300);
    expect(await drainConnections(context)).toEqual([
      {
        id: expect.any(String) as unknown,
        account: expect.stringMatching(/^root@/) as unknown,
        does: 'transaction',
        seconds: expect.any(Number) as unknown,
      },
    ]);
    expect(said(context, 'not-drained')).toHaveLength(1);
    await other.run('ROLLBACK');
    expect(await drainConnections(context)).toEqual([]);
  });

  test('are not waited for by whoever asked to stop', async () => {
    const other = await session();
    await other.run('START TRANSACTION');
    await other.run('INSERT INTO t VALUES (2)');
    const stop = new AbortController();
    stop.abort();
    const context = { ...contextWith(600_000), signal: stop.signal };
    expect(await drainConnections(context)).toMatchObject([{ does: 'transaction' }]);
  });

  test('that cannot be seen are said to be so, once', async () => {
    const context = contextWith(300, { DB_USER: 'limited', DB_PASSWORD: new Secret('secret') });
    const other = await session();
    await other.run('START TRANSACTION');
    await other.run('INSERT INTO t VALUES (3)');
    expect(await drainConnections(context)).toEqual([]);
    expect(said(context, 'drain-blind')).toEqual([{ account: 'limited@localhost' }]);
  });
});
