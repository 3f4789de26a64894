import { describe, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { connect, sqlErrorOf, withSession } from '../../../scripts/database/session/session.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers)('a session on $name', (server) => {
  const running = useServer(server);
  const context = (): ReturnType<ReturnType<typeof running>['context']> => running().context();

  it('knows the server and its own number', async () => {
    const session = await running().adminSession();
    expect(session.server).toMatchObject({ flavour: server.flavour, version: server.programs.version });
    const [row] = await session.rows('SELECT CONNECTION_ID() AS id');
    expect(Number(row?.['id'])).toBe(session.connectionId);
  });

  it('gives values to the server apart from the text, in every sql_mode', async () => {
    const nasty = `a'b"c\\d\`e\n😀`;
    for (const sqlMode of ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,PIPES_AS_CONCAT']) {
      const session = await connect(context(), running().target('mysql'), { sqlMode });
      expect(await session.rows('SELECT ? AS value, @@sql_mode AS mode', [nasty])).toMatchObject([
        { value: nasty },
      ]);
      await session.close();
    }
  });

  it('returns dates, decimals and big numbers as the server prints them', async () => {
    const session = await running().adminSession();
    const sql = `SELECT CAST('2026-03-29 02:30:00' AS DATETIME) AS moment, CAST(1.50 AS DECIMAL(5,2)) AS amount,
      18446744073709551615 AS big`;
    const expected = { moment: '2026-03-29 02:30:00', amount: '1.50', big: '18446744073709551615' };
    expect(await session.rows(sql)).toEqual([expected]);
  });

  it('counts rows and warnings of any statement, and runs one at a time only', async () => {
    const database = await running().createDatabase();
    await withSession(context(), running().target(database), async (session) => {
      await session.run('CREATE TABLE t (id INT PRIMARY KEY)');
      expect(await session.run('INSERT INTO t VALUES (1), (2), (3)')).toEqual({
        affectedRows: 3,
        warnings: 0,
        inTransaction: false,
      });
      expect((await session.run('DROP TABLE IF EXISTS absent')).warnings).toBe(1);
      // What returns rows does not tell whether a transaction is open.
      expect(await session.run('SELECT * FROM t')).toEqual({
        affectedRows: 0,
        warnings: 0,
        inTransaction: undefined,
      });
      await expect(session.run('SELECT 1; SELECT 2')).rejects.toThrow(/syntax/i);
    });
  });

  it('throws the server’s own error for a statement that fails, and goes on', async () => {
    const session = await running().adminSession();
    const error = await session.run('SELECT * FROM mysql.absent').catch((thrown: unknown) => thrown);
    expect(sqlErrorOf(error)).toMatchObject({ code: 'ER_NO_SUCH_TABLE', errno: 1146, sqlState: '42S02' });
    expect(await session.rows("SELECT 'on' AS it")).toEqual([{ it: 'on' }]);
  });

  it('tells a lost connection from an error of the statement', async () => {
    const session = await connect(context(), running().target('mysql'));
    const waiting = session.run('SELECT SLEEP(20)').catch((thrown: unknown) => thrown);
    await (await running().adminSession()).run(`KILL ${session.connectionId}`);
    const lost = sqlErrorOf(await waiting);
    expect(lost).toBeDefined();
    expect([undefined, 1317, 1927]).toContain(lost?.errno);
    expect(sqlErrorOf(await session.run('SELECT 1').catch((thrown: unknown) => thrown))).toMatchObject({
      errno: undefined,
    });
  });

  it('that is cut at work says so, as an error of ours, and leaves other errors alone', async () => {
    const admin = await running().adminSession();
    const target = running().target('mysql');
    const during = withSession(context(), target, async (session) => {
      await Promise.all([session.run('SELECT SLEEP(20)'), admin.run(`KILL ${session.connectionId}`)]);
    });
    await expect(during).rejects.toMatchObject({ code: 'database-lost', exitCode: 3 });
    const before = withSession(context(), target, async (session) => {
      await admin.run(`KILL ${session.connectionId}`);
      await session.run('DO 1').catch(() => undefined);
      await session.rows('SELECT ?', [1]);
    });
    await expect(before).rejects.toMatchObject({ code: 'database-lost', exitCode: 3 });
    const wrong = withSession(context(), target, (session) => session.run('SELECT * FROM absent'));
    await expect(wrong).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
  });

  it('names what is wrong when it cannot enter', async () => {
    const target = running().target('absent');
    const code = (thrown: unknown): unknown => thrown;
    expect(await connect(context(), target).catch(code)).toMatchObject({
      code: 'database-missing',
      exitCode: 2,
    });
    expect(await connect(context(), { ...target, password: new Secret('wrong') }).catch(code)).toMatchObject({
      code: 'database-access-denied',
      exitCode: 2,
    });
    expect(await connect(context(), { ...target, socket: '/nowhere/socket' }).catch(code)).toMatchObject({
      code: 'database-unreachable',
      exitCode: 2,
    });
    expect(
      await connect(context(), { ...target, socket: undefined, host: '127.0.0.1', port: 9 }).catch(code),
    ).toMatchObject({ code: 'database-unreachable', exitCode: 2 });
  });
});
