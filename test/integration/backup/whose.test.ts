import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findBackup } from '../../../scripts/backup/find.ts';
import { sealedJson } from '../../../scripts/backup/manifest.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { readServerIdentity } from '../../../scripts/database/identity.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { maj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { clientFolder, servers, useServer, type RunningServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';

describe.each(servers)('backups of several databases in one folder, on $name', (server) => {
  const running = useServer(server);
  const otherServer = useServer(server);
  const project = temporaryFolder('project');
  const ids: Record<'own' | 'other' | 'elsewhere', string> = { own: '', other: '', elsewhere: '' };

  const contextOf = (on: RunningServer, name: string): TestContext => {
    const { config } = on.context({ DB_NAME: name });
    return testContext({ projectDir: project, config });
  };
  const make = async (on: RunningServer, name: string, row: string): Promise<string> => {
    await on.createDatabase(name);
    await runAll(on, name, [
      'CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(20))',
      `INSERT INTO t VALUES (1, '${row}')`,
    ]);
    return (await takeBackup(contextOf(on, name))).id;
  };
  const call = (...words: string[]): Promise<CliRun> => maj(project, words);
  const dataOf = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await call(...words, '--json');
    return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: unknown }).data;
  };
  const row = (name = 'shop'): Promise<unknown> =>
    withSession(
      testContext(),
      running().target(name),
      async (session) => (await session.rows('SELECT x FROM t'))[0]?.['x'],
    );

  // The newest are of others: what goes by age alone takes one of them.
  beforeAll(async () => {
    ids.own = await make(running(), 'shop', 'own');
    ids.other = await make(running(), 'blog', 'other');
    ids.elsewhere = await make(otherServer(), 'shop', 'elsewhere');
    mkdirSync(join(project, 'migrations'));
    writeFileSync(join(project, 'migrations', '001_x.sql'), 'CREATE TABLE x (id INT);\n');
    const settings = {
      DB_SOCKET: running().socket,
      DB_USER: 'root',
      DB_NAME: 'shop',
      CLIENT_BIN_DIR: clientFolder(server),
      REHEARSAL_SERVER: server.binDir ?? 'auto',
    };
    const lines = Object.entries(settings).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}\n`],
    );
    writeFileSync(join(project, '.env'), lines.join(''), { mode: 0o600 });
  });

  test('a server knows itself again, and of two of one machine MariaDB’s are told apart by that alone', async () => {
    const ask = (on: RunningServer): Promise<string> =>
      withSession(testContext(), on.target('mysql'), readServerIdentity);
    expect(await ask(running())).toBe(await ask(running()));
    // MySQL’s number is copied with the data folder, and the test’s servers are such copies.
    const same = (await ask(running())) === (await ask(otherServer()));
    expect(same).toBe(server.flavour === 'mysql');
  });

  test('what takes the newest backup takes that of this database', async () => {
    expect((await findBackup(contextOf(running(), 'shop'), undefined)).id).toBe(ids.own);
    expect(await dataOf('verify')).toMatchObject({ id: ids.own });
    expect(await dataOf('status')).toMatchObject({ backup: { id: ids.own }, backups: 1, otherBackups: 2 });
    expect(await dataOf('restore', '--plan')).toMatchObject({ id: ids.own });
    await runAll(running(), 'shop', ["UPDATE t SET x = 'changed'"]);
    expect((await call('restore', '--yes')).code).toBe(0);
    expect(await row()).toBe('own');
  });

  test('the list says whose each is, and what keeps those of this database', async () => {
    const data = (await dataOf('backups')) as { backups: readonly Record<string, unknown>[] };
    expect(data.backups.map(({ id, whose }) => [id, whose])).toEqual(
      expect.arrayContaining([
        [ids.own, 'own'],
        [ids.other, 'other-database'],
        [ids.elsewhere, 'other-server'],
      ]),
    );
    const { stdout } = await call('backups');
    expect(stdout).toContain(`of blog on ${running().socket}`);
    expect(stdout).toContain('not pruned from here');
  });

  test('a backup of another database is restored only where that is said, or beside', async () => {
    const refused = await call('restore', ids.other, '--yes');
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('another database, blog')]);
    expect((await call('restore', ids.other, '--plan')).code).toBe(3);
    expect((await call('restore', ids.other, '--tables', 't', '--yes')).code).toBe(3);
    expect(await row()).toBe('own');
    const asked = await call('restore', ids.other, '--of-another');
    expect([asked.code, asked.stderr]).toEqual([
      3,
      expect.stringMatching(
        /There is no terminal to ask: Replace the database shop.* with the backup \S+ of another database, blog on /,
      ),
    ]);
    expect(await row()).toBe('own');
    expect((await call('restore', ids.other, '--into', 'beside', '--yes')).code).toBe(0);
    expect(await row('beside')).toBe('other');
    expect((await call('restore', ids.other, '--of-another', '--yes')).code).toBe(0);
    expect(await row()).toBe('other');
    expect((await call('restore', '--yes')).code).toBe(0);
    expect(await row()).toBe('own');
  });

  test('one of this name on another server is restored by its id, and the question says so', async () => {
    const asked = await call('restore', ids.elsewhere);
    expect([asked.code, asked.stderr]).toEqual([
      3,
      expect.stringMatching(
        /with the backup \S+ of shop on \S+, which is another server, or this one under another address\?/,
      ),
    ]);
    expect((await call('restore', ids.elsewhere, '--yes')).code).toBe(0);
    expect(await row()).toBe('elsewhere');
    expect((await call('restore', '--yes')).code).toBe(0);
  });

  test('none of another database is rehearsed on, and no receipt says so', async () => {
    for (const id of [ids.other, ids.elsewhere]) {
      const run = await call('rehearse', '--backup', id);
      expect([run.code, run.stderr]).toEqual([3, expect.stringContaining(`The backup ${id} is of `)]);
    }
    expect(existsSync(join(project, '.maj', 'receipts'))).toBe(false);
  });

  test('where there is none of this database, none is proposed', async () => {
    for (const words of [['verify'], ['restore', '--plan'], ['restore', '20200101T000000Z-1']]) {
      const run = await call(...words, '--db-name', 'mysql');
      expect(run.code).toBe(3);
      for (const id of Object.values(ids)) expect(run.stderr).not.toContain(id);
    }
  });

  test('a manifest that does not tell counts by the name of its database', async () => {
    const context = contextOf(running(), 'shop');
    for (const [id, whose] of [
      [ids.elsewhere, 'own'],
      [ids.other, 'other-database'],
    ] as const) {
      const { folder, manifest } = await findBackup(context, id);
      const path = join(folder, 'manifest.json');
      const text = readFileSync(path);
      const { identity, ...database } = manifest.database;
      expect(identity).toBeDefined();
      writeFileSync(path, sealedJson({ ...manifest, database }));
      const data = (await dataOf('backups')) as { backups: readonly Record<string, unknown>[] };
      expect(data.backups.find((backup) => backup['id'] === id)).toMatchObject({ whose });
      writeFileSync(path, text);
    }
  });
});
