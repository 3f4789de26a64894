import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { compareWithDatabase } from '../../../scripts/restore/compare.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';
import { findClients } from '../../helpers/vendor-clients.ts';

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test.each(['zstd', 'gzip'] as const)('restore.sh brings %s backups back without maj', async (codec) => {
    const database = await createEverything(running(), server.flavour);
    const appDir = temporaryFolder('app');
    mkdirSync(join(appDir, 'uploads'));
    writeFileSync(join(appDir, 'uploads', 'é 1.txt'), 'content');
    writeFileSync(join(appDir, 'run.sh'), '#!/bin/sh\n', { mode: 0o750 });
    symlinkSync('uploads', join(appDir, 'files'));
    const context = running().context({ DB_NAME: database, APP_DIR: appDir, BACKUP_CODEC: codec });
    const backup = await takeBackup(context);
    const { client } = await findClients(context, server.flavour);
    const script = join(backup.folder, 'restore.sh');
    const restore = (args: readonly string[]): string =>
      execFileSync(script, args, {
        env: { PATH: process.env['PATH'], CLIENT: client },
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const options = ['--no-defaults', `--socket=${running().socket}`, '-u', 'root', database];

    await runAll(running(), database, ["UPDATE users SET note = 'gone'", 'DROP VIEW view_of_view']);
    restore(['database', ...options]);
    expect(await compareWithDatabase(context, backup, running().target(database))).toEqual([]);

    const folder = join(temporaryFolder('restored'), 'app');
    restore(['files', folder]);
    expect(readFileSync(join(folder, 'uploads', 'é 1.txt'), 'utf8')).toBe('content');
    expect(statSync(join(folder, 'run.sh')).mode & 0o777).toBe(0o750);
    expect(readlinkSync(join(folder, 'files'))).toBe('uploads');

    expect(() => restore([])).toThrow(/restore\.sh database/);
    expect(restore(['sql'])).toContain('-- Dump completed');
  });

  test('restore.sh touches nothing when a part is damaged', async () => {
    const database = await createEverything(running(), server.flavour);
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    const { client } = await findClients(context, server.flavour);
    const part = join(backup.folder, 'database', backup.manifest.parts.at(-1)?.name ?? '');
    writeFileSync(part, readFileSync(part).subarray(0, 100));
    await runAll(running(), database, ["UPDATE users SET note = 'later'"]);
    const args = ['database', '--no-defaults', `--socket=${running().socket}`, '-u', 'root', database];
    expect(() =>
      execFileSync(join(backup.folder, 'restore.sh'), args, {
        env: { PATH: process.env['PATH'], CLIENT: client },
        stdio: 'pipe',
      }),
    ).toThrow(/damaged/);
    expect(
      await compareWithDatabase(
        context,
        { ...backup, manifest: { ...backup.manifest, parts: [] } },
        running().target(database),
      ),
    ).toContain('users (rows)');
  });
});
