import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { restoreFiles } from '../../../scripts/restore/restore-files.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { treePicture } from '../../helpers/tree-picture.ts';

function createApp(): string {
  const app = join(temporaryFolder('app'), 'app');
  mkdirSync(join(app, 'uploads', 'ünïcode ☃'), { recursive: true });
  mkdirSync(join(app, 'closed'));
  writeFileSync(join(app, 'index.php'), '<?php\n');
  writeFileSync(join(app, 'empty'), '');
  writeFileSync(join(app, 'uploads', 'ünïcode ☃', 'a\nline\\ "q".bin'), Buffer.from([0, 255, 10, 13]));
  writeFileSync(join(app, 'uploads', `${'long'.repeat(60)}.txt`), 'x'.repeat(600_000));
  writeFileSync(join(app, 'run'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('index.php', join(app, 'link'));
  symlinkSync('/nowhere/outside', join(app, 'dangling'));
  symlinkSync('../elsewhere', join(app, 'uploads', 'up'));
  chmodSync(join(app, 'closed'), 0o550);
  chmodSync(app, 0o751);
  if (process.getuid?.() === 0) chownSync(join(app, 'index.php'), 33, 33);
  utimesSync(join(app, 'index.php'), 1_000_000_000, 1_000_000_000);
  // Node's Date of it is rounded, into the next second.
  utimesSync(join(app, 'empty'), 1_000_000_000.9997, 1_000_000_000.9997);
  return app;
}

// Files need no flavour: one server is enough.
describe.each(servers.slice(0, 1))('on $name', (server) => {
  const running = useServer(server);
  const contextFor = async (app: string, more: Partial<Config> = {}): Promise<TestContext> =>
    running().context({ DB_NAME: await running().createDatabase(), APP_DIR: app, ...more });

  test('a tree comes back with its modes, owners, times and links, and the one that was there is kept', async () => {
    const app = createApp();
    const context = await contextFor(app);
    const before = treePicture(app);
    const backup = await takeBackup(context);
    await verifyBackup(context, backup);

    rmSync(join(app, 'index.php'));
    writeFileSync(join(app, 'new.php'), 'new');
    rmSync(join(app, 'link'));
    symlinkSync(temporaryFolder('elsewhere'), join(app, 'link'));
    const damaged = treePicture(app);

    const replaced = await restoreFiles(context, backup, () => undefined);
    expect(treePicture(app)).toEqual(before);
    expect(replaced).not.toBeNull();
    expect(dirname(replaced ?? '')).toBe(join(dirname(app), `.${basename(app)}.maj`));
    expect(treePicture(replaced ?? '')).toEqual(damaged);
  });

  test('no program comes back that runs as root whoever starts it, and each is named', async () => {
    const app = createApp();
    writeFileSync(join(app, 'tool'), '#!/bin/sh\n');
    chmodSync(join(app, 'tool'), 0o6755);
    const context = await contextFor(app);
    const isRoot = process.getuid?.() === 0;
    await restoreFiles(context, await takeBackup(context), () => undefined);
    expect(statSync(join(app, 'tool')).mode & 0o7777).toBe(isRoot ? 0o755 : 0o6755);
    const dropped = context.events.filter((event) => 'note' in event && event.note === 'setuid-dropped');
    expect(dropped).toMatchObject(isRoot ? [{ facts: { paths: ['tool'] } }] : []);
  });

  test('GNU tar unpacks the archive to the same tree', async () => {
    const app = createApp();
    const backup = await takeBackup(await contextFor(app));
    const folder = temporaryFolder('tar');
    execFileSync('tar', ['-x', '-p', '-f', join(backup.folder, 'files.tar.zst'), '-C', folder]);
    expect(treePicture(folder)).toEqual(treePicture(app));
  });

  test('the flag of maintenance is not in the archive, and stays through a restore', async () => {
    const app = createApp();
    const context = await contextFor(app, { MAINTENANCE_FILE: 'uploads/down.flag' });
    const flag = join(app, 'uploads', 'down.flag');
    writeFileSync(flag, 'since noon');
    const backup = await takeBackup(context);
    expect(readFileSync(join(backup.folder, 'files.list'), 'utf8')).not.toContain('down.flag');
    await restoreFiles(context, backup, () => undefined);
    expect(readFileSync(flag, 'utf8')).toBe('since noon');
    rmSync(flag);
    await restoreFiles(context, backup, () => undefined);
    expect(existsSync(flag)).toBe(false);
  });

  test('a restore that was cut off is simply run again', async () => {
    const app = createApp();
    const context = await contextFor(app, { MAINTENANCE_FILE: 'down.flag' });
    const backup = await takeBackup(context);
    const before = treePicture(app);
    const area = join(dirname(app), `.${basename(app)}.maj`);
    // As a restore that was killed between its two renames leaves it.
    mkdirSync(join(area, 'restoring', 'uploads'), { recursive: true });
    writeFileSync(join(area, 'restoring', 'down.flag'), '');
    rmSync(app, { recursive: true });
    expect(await restoreFiles(context, backup, () => undefined)).toBeNull();
    expect(existsSync(join(app, 'down.flag'))).toBe(true);
    rmSync(join(app, 'down.flag'));
    utimesSync(app, statSync(app).atime, new Date(0));
    const after = treePicture(app);
    expect({ ...after, '.': '' }).toEqual({ ...before, '.': '' });
  });

  test('backups and records that lie within the application are left out, and a swap under them is refused', async () => {
    const app = createApp();
    const context = await contextFor(app, { BACKUP_DIR: join(app, 'var', 'backups') });
    mkdirSync(join(app, 'var'));
    const backup = await takeBackup(context);
    const second = await takeBackup(context);
    expect(second.manifest.files?.count).toBe(backup.manifest.files?.count);
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: 'note', note: 'left-out', facts: { path: 'var/backups' } }),
    );
    await expect(restoreFiles(context, backup, () => undefined)).rejects.toMatchObject({
      code: 'ours-within-app',
    });
    await expect(
      takeBackup({ ...context, config: { ...context.config, BACKUP_DIR: app } }),
    ).rejects.toMatchObject({
      code: 'app-dir-is-ours',
    });
  });

  test('in the releases layout the installed release and what is shared come back, and old releases are left out', async () => {
    const app = join(temporaryFolder('app'), 'app');
    for (const version of ['1.0', '1.1']) {
      mkdirSync(join(app, 'releases', version), { recursive: true });
      writeFileSync(join(app, 'releases', version, 'VERSION'), version);
    }
    mkdirSync(join(app, 'shared', 'uploads'), { recursive: true });
    writeFileSync(join(app, 'shared', 'uploads', 'a'), 'a');
    symlinkSync('releases/1.1', join(app, 'current'));
    const context = await contextFor(app, { APP_LAYOUT: 'releases', MAINTENANCE_FILE: 'down.flag' });
    writeFileSync(join(app, 'current', 'down.flag'), '');
    const backup = await takeBackup(context);
    expect(backup.manifest.appVersion).toBe('1.1');
    rmSync(join(app, 'shared'), { recursive: true });
    await restoreFiles(context, backup, () => undefined);
    expect(readFileSync(join(app, 'shared', 'uploads', 'a'), 'utf8')).toBe('a');
    expect(readdirSync(join(app, 'releases'))).toEqual(['1.1']);
    expect(existsSync(join(app, 'current', 'down.flag'))).toBe(true);
  });

  test('a file that grows while it is read is read again, and named when it does not stop', async () => {
    const app = createApp();
    const log = join(app, 'access.log');
    writeFileSync(log, 'line\n'.repeat(2_000_000));
    const context = await contextFor(app);
    const growing = setInterval(() => appendFileSync(log, 'one more\n'), 1);
    const backup = await takeBackup(context).finally(() => clearInterval(growing));
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: 'warning', note: 'changed-while-read', facts: { path: 'access.log' } }),
    );
    await verifyBackup(context, backup);
    await restoreFiles(context, backup, () => undefined);
    expect(readFileSync(log, 'utf8')).toMatch(/^line\n/);
  });

  test('pipes are named and left out', async () => {
    const app = createApp();
    execFileSync('mkfifo', [join(app, 'pipe')]);
    const context = await contextFor(app);
    const backup = await takeBackup(context);
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: 'warning', note: 'not-archived', facts: { path: 'pipe' } }),
    );
    expect(readFileSync(join(backup.folder, 'files.list'), 'utf8')).not.toContain('"pipe"');
  });

  const outsideOf = (context: TestContext): unknown[] =>
    context.events.flatMap((event) =>
      'note' in event && event.note === 'links-lead-out' ? [event.facts] : [],
    );

  test('links whose content is not in it are named once, with what they lead to', async () => {
    const app = createApp();
    const disk = join(dirname(app), 'disk');
    mkdirSync(join(disk, 'images'), { recursive: true });
    writeFileSync(join(disk, 'images', 'a.jpg'), 'jpg');
    symlinkSync('../disk', join(app, 'data'));
    for (const at of [1, 2, 3, 4, 5])
      symlinkSync(join(app, 'data', 'images', 'a.jpg'), join(app, `image${at}`));
    symlinkSync(app, join(app, 'self'));
    symlinkSync('/dev/null', join(app, 'log'));
    const context = await contextFor(app);
    const backup = await takeBackup(context);
    const image = join(disk, 'images', 'a.jpg');
    expect(outsideOf(context)).toEqual([
      {
        links: [
          { path: 'data', leadsTo: disk },
          ...[1, 2, 3, 4].map((at) => ({ path: `image${at}`, leadsTo: image })),
        ],
        count: 6,
      },
    ]);
    expect(readFileSync(join(backup.folder, 'files.list'), 'utf8')).not.toContain('"data/');
  });

  test('links between what is archived of the releases layout are no matter, others are', async () => {
    const app = join(temporaryFolder('app'), 'app');
    for (const folder of ['releases/1.0/data', 'releases/1.1', 'shared/storage'])
      mkdirSync(join(app, folder), { recursive: true });
    symlinkSync('releases/1.1', join(app, 'current'));
    symlinkSync('../../shared/storage', join(app, 'releases', '1.1', 'storage'));
    const config = { APP_LAYOUT: 'releases' } as const;
    const quiet = await contextFor(app, config);
    await takeBackup(quiet);
    expect(outsideOf(quiet)).toEqual([]);
    symlinkSync('../1.0/data', join(app, 'releases', '1.1', 'data'));
    renameSync(join(app, 'shared'), join(dirname(app), 'disk'));
    symlinkSync('../disk', join(app, 'shared'));
    const context = await contextFor(app, config);
    await takeBackup(context);
    expect(outsideOf(context)).toEqual([
      {
        links: [
          { path: 'releases/1.1/data', leadsTo: join(app, 'releases', '1.0', 'data') },
          { path: 'releases/1.1/storage', leadsTo: join(dirname(app), 'disk', 'storage') },
          { path: 'shared', leadsTo: join(dirname(app), 'disk') },
        ],
        count: 3,
      },
    ]);
  });

  test('a name that is no UTF-8 is refused by name, and an application that is not there, too', async () => {
    const app = createApp();
    execFileSync('sh', ['-c', `touch "$1/$(printf 'caf\\351')"`, 'sh', app]);
    await expect(takeBackup(await contextFor(app))).rejects.toMatchObject({ code: 'file-name-unreadable' });
    await expect(takeBackup(await contextFor(join(app, 'absent')))).rejects.toMatchObject({
      code: 'app-dir-missing',
    });
  });
});
