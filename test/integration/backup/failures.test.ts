import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { listBackups } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { backupsDir } from '../../../scripts/config/required-settings.ts';
import { quoteName } from '../../../scripts/sql/quote.ts';
import { maj, majCommand, sourceLoader } from '../../helpers/cli.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { waitForProcess } from '../../helpers/processes.ts';
import { forRoot } from '../../helpers/root.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, createRows, runAll } from './everything.ts';

const dumpProgram = /(mysqldump|mariadb-dump) --defaults-file=/;
const backupsIn = (context: TestContext): string[] =>
  existsSync(backupsDir(context)) ? readdirSync(backupsDir(context)) : [];

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  const mounts: string[] = [];
  afterAll(() => mounts.forEach((folder) => execFileSync('umount', [folder])));

  test('a dump program that is killed leaves no backup, and the next backup is whole', async () => {
    const database = await running().createDatabase();
    await createRows(running(), database, 'many', 40);
    const context = running().context({ DB_NAME: database });
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    const dump = await waitForProcess(process.pid, dumpProgram);
    process.kill(dump.pid, 'SIGKILL');
    await expect(taking).rejects.toMatchObject({ code: 'dump-failed', exitCode: 3 });
    expect(backupsIn(context)).toEqual([]);
    await verifyBackup(context, await takeBackup(context));
  });

  test('a backup that is interrupted leaves nothing', async () => {
    const database = await running().createDatabase();
    await createRows(running(), database, 'many', 40);
    const stop = new AbortController();
    const context = { ...running().context({ DB_NAME: database }), signal: stop.signal };
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await waitForProcess(process.pid, dumpProgram);
    stop.abort();
    await expect(taking).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 });
    expect(backupsIn(context)).toEqual([]);
  });

  test('what a dead backup left is removed by the next, and what a living one writes is not', async () => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database });
    const mine = await takeBackup(context);
    const owner = (name: string, pid: number): void => {
      mkdirSync(join(backupsDir(context), name));
      const identity = execFileSync(process.execPath, [
        ...sourceLoader,
        '--input-type=module',
        '-e',
        `import { ownIdentity } from ${JSON.stringify(new URL('../../../scripts/system/process/identity.ts', import.meta.url).href)};
         console.log(JSON.stringify(ownIdentity()));`,
      ]).toString();
      const text = pid === 0 ? identity : JSON.stringify({ ...JSON.parse(identity), host: 'another' });
      writeFileSync(join(backupsDir(context), name, 'owner.json'), text);
    };
    owner('20260101T000000Z-1.partial', 0);
    owner('20260101T000000Z-2.partial', 1);
    const next = await takeBackup(context);
    expect(backupsIn(context).sort()).toEqual(['20260101T000000Z-2.partial', mine.id, next.id].sort());
    expect(context.events).toContainEqual(expect.objectContaining({ note: 'partial-removed' }));
  });

  test('a change of the structure while the dump runs is noticed', async () => {
    const database = await createEverything(running(), server.flavour);
    await createRows(running(), database, 'many', 40);
    const context = running().context({ DB_NAME: database });
    const taking = takeBackup(context);
    taking.catch(() => undefined);
    await waitForProcess(process.pid, dumpProgram);
    await runAll(running(), database, ['CREATE TABLE zz_added (id INT PRIMARY KEY)']);
    await expect(taking).rejects.toMatchObject({ code: 'schema-changed' });
    expect(backupsIn(context)).toEqual([]);
  });

  forRoot(() => {
    test('too little space is seen before anything is written, for contents too that no compression makes smaller', async () => {
      const database = await running().createDatabase();
      await runAll(running(), database, [
        'CREATE TABLE noise (id INT AUTO_INCREMENT PRIMARY KEY, bytes BLOB)',
        'INSERT INTO noise (bytes) VALUES (RANDOM_BYTES(1024))',
        ...Array.from({ length: 13 }, () => 'INSERT INTO noise (bytes) SELECT RANDOM_BYTES(1024) FROM noise'),
        'ANALYZE TABLE noise',
      ]);
      const small = temporaryFolder('small');
      mounts.push(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=755', 'tmpfs', small]);
      // In gzip hexadecimal noise takes more than the noise itself.
      const context = running().context({ DB_NAME: database, BACKUP_DIR: small, BACKUP_CODEC: 'gzip' });
      for (let megabytes = 3; ; megabytes += 1) {
        execFileSync('mount', ['-o', `remount,size=${megabytes}m`, small]);
        const taken = await takeBackup(context).catch((error: unknown) => error);
        if (taken instanceof Error) {
          expect(taken).toMatchObject({ code: 'disk-full', exitCode: 3 });
          expect(readdirSync(small)).toEqual([]);
          continue;
        }
        // The first that is let begin has room enough, and did not ask for more than twice of it.
        const [backup] = await listBackups(context);
        const stored = backup?.manifest.parts.reduce((sum, part) => sum + part.storedBytes, 0) ?? 0;
        expect(megabytes * 1024 * 1024).toBeLessThan(2 * stored);
        break;
      }
    });
  });

  forRoot(() => {
    test('a rehearsal, a full verification and a restore of files need space elsewhere, and say where', async () => {
      const database = await running().createDatabase();
      await createRows(running(), database, 'many', 8);
      const small = temporaryFolder('small');
      mounts.push(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=755', 'tmpfs', small]);
      const app = join(small, 'app');
      mkdirSync(app);
      writeFileSync(join(app, 'data'), Buffer.alloc(3 * 1024 * 1024, 'x'));
      const project = temporaryFolder('project');
      const env = {
        DB_SOCKET: running().socket,
        DB_NAME: database,
        DB_USER: 'root',
        APP_DIR: app,
        ...(running().context().config.CLIENT_BIN_DIR === undefined
          ? {}
          : { CLIENT_BIN_DIR: running().context().config.CLIENT_BIN_DIR }),
      };
      expect(await maj(project, ['backup'], { env })).toMatchObject({ code: 0 });
      const full = await maj(project, ['verify', '--full'], { env: { ...env, TMPDIR: small } });
      expect(full.stderr).toContain(`Not enough space for ${small}`);
      expect(full.code).toBe(3);
      const restore = await maj(project, ['restore', '--files-only', '--yes'], { env });
      expect(restore.stderr).toContain(`Not enough space for ${join(small, '.app.maj')}`);
      expect(restore.code).not.toBe(0);
      expect(readdirSync(app)).toEqual(['data']);
    });
  });

  test('a user who may not see triggers gets no backup', async () => {
    const database = await createEverything(running(), server.flavour);
    await runAll(running(), database, [
      "CREATE USER IF NOT EXISTS 'half'@'%'",
      `GRANT SELECT, SHOW VIEW, EVENT, EXECUTE, LOCK TABLES ON ${quoteName(database)}.* TO 'half'@'%'`,
    ]);
    const context = running().context({ DB_NAME: database, DB_USER: 'half' });
    await expect(takeBackup(context)).rejects.toMatchObject({ exitCode: 3 });
    expect(backupsIn(context)).toEqual([]);
  });
});

describe.each(servers.slice(0, 1))('as a user without rights on files, on $name', (server) => {
  const running = useServer(server);

  /** Calls `maj backup` as nobody where we are root, else as ourselves; its exit code and what it says. */
  const backup = (project: string, settings: Record<string, string>): { code: number; words: string } => {
    // The throwaway server's folder is ours alone: let others reach its socket.
    for (const folder of [dirname(running().socket), dirname(dirname(running().socket))])
      chmodSync(folder, 0o711);
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const command = [...(process.getuid?.() === 0 ? asNobody : []), ...majCommand, 'backup'];
    try {
      execFileSync(command[0] ?? '', command.slice(1), {
        cwd: project,
        stdio: 'pipe',
        env: { PATH: process.env['PATH'], DB_SOCKET: running().socket, DB_USER: 'root', ...settings },
      });
      return { code: 0, words: '' };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: Buffer };
      return { code: status, words: stderr.toString() };
    }
  };
  const project = (): string => {
    const folder = temporaryFolder('nobody');
    if (process.getuid?.() === 0) chownSync(folder, 65534, 65534);
    return folder;
  };

  test('a folder for backups that cannot be written to is one clear error', async () => {
    const folder = join(temporaryFolder('closed'), 'backups');
    mkdirSync(folder, { mode: 0o555 });
    chmodSync(dirname(folder), 0o755);
    const { code, words } = backup(project(), {
      DB_NAME: await running().createDatabase(),
      BACKUP_DIR: folder,
    });
    expect(words).toContain(`${folder} cannot be written to`);
    expect(code).toBe(3);
  });

  test('a folder of the application that cannot be read is one clear error, and no backup is left', async () => {
    const app = temporaryFolder('app');
    chmodSync(app, 0o755);
    mkdirSync(join(app, 'secret'), { mode: 0o700 });
    if (process.getuid?.() !== 0) chmodSync(join(app, 'secret'), 0);
    const folder = project();
    const { code, words } = backup(folder, { DB_NAME: await running().createDatabase(), APP_DIR: app });
    expect(words).toContain(`${join(app, 'secret')} cannot be read`);
    expect(code).toBe(3);
    expect(readdirSync(join(folder, '.maj', 'backups'))).toEqual([]);
  });
});
