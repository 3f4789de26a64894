import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import { maj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  /** A project with an application and a database, and a way to call `maj` in it. */
  const createProject = async (): Promise<{
    database: string;
    app: string;
    call: (...words: string[]) => Promise<CliRun>;
    result: (...words: string[]) => Promise<unknown>;
    names: () => Promise<unknown[]>;
  }> => {
    const database = await createEverything(running(), server.flavour);
    const project = temporaryFolder('project');
    const app = join(temporaryFolder('site'), 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'VERSION'), '1.4.0\n');
    writeFileSync(join(app, 'index.php'), 'old');
    const { CLIENT_BIN_DIR, REHEARSAL_SERVER } = running().context().config;
    const env = {
      DB_SOCKET: running().socket,
      DB_NAME: database,
      DB_USER: 'root',
      APP_DIR: app,
      REHEARSAL_SERVER,
      ...(CLIENT_BIN_DIR === undefined ? {} : { CLIENT_BIN_DIR }),
    };
    const call = (...words: string[]): Promise<CliRun> => maj(project, words, { env });
    return {
      database,
      app,
      call,
      result: async (...words) => {
        const { stdout, stderr, code } = await call(...words, '--json');
        expect([code, stderr]).toEqual([0, '']);
        return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: unknown }).data;
      },
      names: () =>
        withSession(testContext(), running().target(database), async (session) =>
          (await session.rows('SELECT name FROM users ORDER BY id')).map(({ name }) => name),
        ),
    };
  };

  test('backup, verify --full and restore, as a user types them', async () => {
    const { database, app, call, result, names } = await createProject();
    const before = await names();
    const taken = (await result('backup')) as { id: string; folder: string; files: number };
    expect(taken.id).toMatch(/^\d{8}T\d{6}Z-1\.4\.0$/);
    expect(taken.files).toBe(3);
    expect(await result('verify')).toMatchObject({ id: taken.id, proof: null });
    expect(await result('verify', '--full', taken.id)).toMatchObject({
      proof: { sameVersionAsSource: true },
    });
    expect((await call('verify')).stdout).toContain('It is proven');

    await runAll(running(), database, ["UPDATE users SET name = 'gone' WHERE id = 1"]);
    writeFileSync(join(app, 'index.php'), 'new');
    const unasked = await call('restore');
    expect(unasked).toMatchObject({ code: 3 });
    expect(unasked.stderr).toContain('--yes');
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('new');

    const plan = await call('restore', '--plan');
    expect(plan).toMatchObject({ code: 0 });
    expect(plan.stdout).toContain(database);
    expect(await names()).not.toEqual(before);

    expect(await call('restore', '--yes')).toMatchObject({ code: 0 });
    expect(await names()).toEqual(before);
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('old');
  });

  test('a damaged backup is found before anything is dropped', async () => {
    const { database, app, call, result, names } = await createProject();
    const { folder } = (await result('backup')) as { folder: string };
    const [part = ''] = readdirSync(join(folder, 'database')).filter((name) => name.includes('users.2-data'));
    const path = join(folder, 'database', part);
    const content = readFileSync(path);
    content[20] = (content[20] ?? 0) ^ 1;
    writeFileSync(path, content);
    await runAll(running(), database, ["UPDATE users SET name = 'later' WHERE id = 1"]);
    writeFileSync(join(app, 'index.php'), 'later');

    expect(await call('verify')).toMatchObject({ code: 4 });
    const restore = await call('restore', '--yes');
    expect(restore).toMatchObject({ code: 4 });
    expect(restore.stderr).toContain(part);
    expect((await names())[0]).toBe('later');
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('later');
  });

  test('database and files are restored one without the other', async () => {
    const { database, app, call, result, names } = await createProject();
    const before = await names();
    await result('backup');
    const spoil = async (): Promise<void> => {
      await runAll(running(), database, ["UPDATE users SET name = 'later' WHERE id = 1"]);
      writeFileSync(join(app, 'index.php'), 'later');
    };
    await spoil();
    expect(await call('restore', '--yes', '--database-only')).toMatchObject({ code: 0 });
    expect(await names()).toEqual(before);
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('later');
    await spoil();
    expect(await call('restore', '--yes', '--files-only')).toMatchObject({ code: 0 });
    expect((await names())[0]).toBe('later');
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('old');
    expect(await call('restore', '--yes', '--files-only', '--database-only')).toMatchObject({ code: 2 });
  });

  test('what is asked for and is not there is named', async () => {
    const { call, result, app } = await createProject();
    expect(await call('verify')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('maj backup') as unknown,
    });
    await result('backup', '--database-only');
    expect(await call('restore', '20260101T000000Z-9', '--yes')).toMatchObject({ code: 3 });
    const noFiles = await call('restore', '--files-only', '--yes');
    expect(noFiles).toMatchObject({ code: 3 });
    expect(noFiles.stderr).toContain('holds no files');
    expect(existsSync(join(app, 'index.php'))).toBe(true);
    expect(await call('backup', 'now')).toMatchObject({ code: 2 });
  });

  test('a user who may not create what runs as another is told before anything is dropped', async () => {
    const { database, call, result, names } = await createProject();
    await result('backup');
    await runAll(running(), database, [
      "CREATE USER IF NOT EXISTS 'plain'@'%'",
      `GRANT ALL ON \`${database}\`.* TO 'plain'@'%'`,
    ]);
    const refusal = await call('restore', '--yes', '--database-only', '--db-user', 'plain');
    expect(refusal).toMatchObject({ code: 3 });
    expect(refusal.stderr).toContain('root@localhost');
    expect(await names()).toHaveLength(3);
  });
});
