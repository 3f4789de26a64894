import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, createRows, runAll } from './everything.ts';

/** Bytes on disk of some folders, each inode counted once, as `du` does. */
function diskBytes(...folders: readonly string[]): number {
  const inodes = new Map<number, number>();
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const stats = lstatSync(join(folder, name));
      inodes.set(stats.ino, stats.blocks * 512);
    }
  }
  return [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The files of a backup that it has to itself, but for those that differ in any two backups. */
function ownFiles(backup: Backup): string[] {
  const always = ['manifest.json', 'restore.sh'];
  return readdirSync(backup.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(backup.folder, name)).isFile() && !always.includes(name))
    .filter((name) => statSync(join(backup.folder, name)).nlink === 1)
    .sort();
}

/** A database with one of everything and some megabytes of rows, and an application's folder of some megabytes. */
async function example(
  running: ReturnType<ReturnType<typeof useServer>>,
  flavour: (typeof servers)[number]['flavour'],
  config: Partial<Config>,
): Promise<{ context: TestContext; database: string; app: string }> {
  const database = await createEverything(running, flavour);
  await createRows(running, database, 'big', 4);
  const app = join(temporaryFolder('app'), 'app');
  mkdirSync(join(app, 'uploads', 'long'.repeat(40)), { recursive: true });
  writeFileSync(join(app, 'uploads', 'photo.jpg'), randomBytes(2_000_000));
  writeFileSync(join(app, 'uploads', 'long'.repeat(40), `${'name'.repeat(40)}.txt`), 'x');
  writeFileSync(join(app, 'index.php'), '<?php\n');
  return { context: running.context({ DB_NAME: database, APP_DIR: app, ...config }), database, app };
}

async function problemsOf(context: TestContext, backup: Backup): Promise<string> {
  const error: unknown = await verifyBackup(context, backup).catch((thrown: unknown) => thrown);
  return error instanceof MajError ? error.message : '';
}

/** Changes one byte in the middle of a file, in place. */
function damage(path: string): void {
  const content = readFileSync(path);
  content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, content);
}

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test.each(['zstd', 'gzip'] as const)(
    'a second backup with nothing changed (%s) takes at most 5 per cent more disk, and stands without the first',
    async (codec) => {
      const { context, app } = await example(running(), server.flavour, { BACKUP_CODEC: codec });
      const first = await takeBackup(context);
      // Reading changes the times of access: they do not belong into an archive.
      readFileSync(join(app, 'index.php'));
      const second = await takeBackup(context);
      expect(ownFiles(second)).toEqual([]);
      const alone = diskBytes(first.folder);
      expect(diskBytes(first.folder, second.folder)).toBeLessThanOrEqual(alone * 1.05);
      expect(second.manifest.parts).toEqual(first.manifest.parts);
      await verifyBackup(context, first);
      rmSync(first.folder, { recursive: true });
      await verifyBackup(context, second);
    },
  );

  test('one changed row makes one part new, one changed file the archive and its list', async () => {
    const { context, database, app } = await example(running(), server.flavour, { BACKUP_CODEC: 'gzip' });
    await takeBackup(context);
    await runAll(running(), database, ["UPDATE big SET payload = 'changed' WHERE id = 77"]);
    const second = await takeBackup(context);
    expect(ownFiles(second)).toEqual([expect.stringMatching(/^database\/\d+-big\.2-data-000\.sql\.gz$/)]);
    writeFileSync(join(app, 'index.php'), '<?php // changed\n');
    const third = await takeBackup(context);
    expect(ownFiles(third)).toEqual(['files.list', 'files.tar.gz']);
    await verifyBackup(context, second);
    await verifyBackup(context, third);
  });

  test('damage in an earlier backup does not spread: what is damaged is stored anew, and named', async () => {
    const { context } = await example(running(), server.flavour, { BACKUP_CODEC: 'gzip' });
    const first = await takeBackup(context);
    const part = first.manifest.parts.find(({ object, section }) => object === 'big' && section === 'rows');
    const spoilt = join(first.folder, 'database', part?.name ?? '');
    damage(spoilt);
    const second = await takeBackup(context);
    expect(ownFiles(second)).toEqual([`database/${part?.name}`]);
    expect(context.events).toContainEqual({
      type: 'warning',
      note: 'earlier-damaged',
      facts: { path: spoilt, id: first.id },
    });
    expect(await problemsOf(context, first)).toContain(`database/${part?.name} is damaged`);
    await verifyBackup(context, second);
  });
});

describe.each(servers.slice(0, 1))('on $name', (server) => {
  const running = useServer(server);

  test('one damaged file is named in each backup that shares it', async () => {
    const { context } = await example(running(), server.flavour, {});
    const first = await takeBackup(context);
    const second = await takeBackup(context);
    const archive = first.manifest.files?.archive.name ?? '';
    damage(join(first.folder, archive));
    expect(await problemsOf(context, first)).toContain(`${archive} is damaged`);
    expect(await problemsOf(context, second)).toContain(`${archive} is damaged`);
  });

  test('what cannot be linked, or was readable by others, is stored anew', async () => {
    const { context } = await example(running(), server.flavour, {});
    const first = await takeBackup(context);
    const [header, table] = first.manifest.parts.map(({ name }) => name);
    // A folder refuses a link as a file system without links does: EPERM.
    rmSync(join(first.folder, 'database', header ?? ''));
    mkdirSync(join(first.folder, 'database', header ?? ''));
    chmodSync(join(first.folder, 'database', table ?? ''), 0o644);
    const second = await takeBackup(context);
    expect(ownFiles(second)).toEqual([`database/${header}`, `database/${table}`]);
    await verifyBackup(context, second);
  });

  test('another compression shares nothing, and a backup of the database alone leaves the files to the one before', async () => {
    const { context, app, database } = await example(running(), server.flavour, { BACKUP_CODEC: 'gzip' });
    const files = await takeBackup(context);
    const alone = await takeBackup(context, { databaseOnly: true });
    expect(ownFiles(alone)).toEqual([]);
    const both = await takeBackup(context);
    expect(ownFiles(both)).toEqual([]);
    const other = running().context({
      DB_NAME: database,
      APP_DIR: app,
      BACKUP_CODEC: 'zstd',
      BACKUP_DIR: join(context.projectDir, '.maj', 'backups'),
    });
    const zstd = await takeBackup(other);
    expect(ownFiles(zstd).length).toBe(zstd.manifest.parts.length + 2);
    expect(existsSync(files.folder)).toBe(true);
  });
});
