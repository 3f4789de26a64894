import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { listBackups } from '../../scripts/backup/list.ts';
import { takeBackup } from '../../scripts/backup/take.ts';
import { verifyBackup } from '../../scripts/backup/verify.ts';
import { MajError } from '../../scripts/core/errors.ts';
import { temporaryFolder, type TestContext } from '../helpers/context.ts';
import { servers, useServer } from '../helpers/servers.ts';
import { createRows, runAll } from '../integration/backup/everything.ts';

const block = 4096;

/** The blocks that the files of a folder take, one after the other, in the order that they were written in. */
function blocksOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + Math.ceil(statSync(join(entry.parentPath, entry.name)).size / block), 0);
}

describe.each(servers)('a disk that fills up under a backup, on $name', (server) => {
  const running = useServer(server);
  const mounts: string[] = [];
  afterAll(() => mounts.forEach((folder) => execFileSync('umount', [folder])));

  /** A database of which the server does not know how large it is, so that the check beforehand lets it begin. */
  async function underestimated(): Promise<string> {
    const database = await running().createDatabase();
    await runAll(running(), database, [
      `CREATE TABLE noise (id INT AUTO_INCREMENT PRIMARY KEY, bytes BLOB) STATS_PERSISTENT=1 STATS_AUTO_RECALC=0`,
      'INSERT INTO noise (bytes) VALUES (RANDOM_BYTES(1024))',
      'ANALYZE TABLE noise',
      ...Array.from({ length: 12 }, () => 'INSERT INTO noise (bytes) SELECT RANDOM_BYTES(1024) FROM noise'),
    ]);
    await createRows(running(), database, 'later', 1);
    return database;
  }

  /** Takes a backup with so many blocks of disk; whether it was taken. Where it was not, nothing may be left. */
  async function fitsInto(context: TestContext, folder: string, blocks: number): Promise<boolean> {
    execFileSync('mount', ['-o', `remount,size=${blocks * block}`, folder]);
    try {
      const backup = await takeBackup(context);
      await verifyBackup(context, backup);
      return true;
    } catch (error) {
      if (!(error instanceof MajError)) throw error;
      expect(['disk-filled', 'disk-full'], error.message).toContain(error.code);
      expect(error.exitCode).toBe(3);
      expect(readdirSync(folder).filter((name) => name !== '.gitignore')).toEqual([]);
      expect(await listBackups(context)).toEqual([]);
      return false;
    }
  }

  test.each(['rows and files', 'rows alone'])(
    'ends it clearly wherever it is hit, with %s, and with enough space the next one is whole',
    async (what) => {
      const database = await underestimated();
      const small = temporaryFolder('small');
      mounts.push(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=755', 'tmpfs', small]);
      const app = temporaryFolder('app');
      mkdirSync(join(app, 'many'));
      for (let file = 0; file < 500; file += 1) writeFileSync(join(app, 'many', `file-${file}`), `${file}`);
      const context = running().context({
        DB_NAME: database,
        BACKUP_DIR: small,
        ...(what === 'rows alone' ? {} : { APP_DIR: app }),
      });
      const backup = await takeBackup(context);
      const whole = blocksOf(backup.folder);
      execFileSync('rm', ['-r', backup.folder]);

      const shares = [0.35, 0.6, 0.85].map((share) => Math.floor(whole * share));
      // The last blocks are those of restore.sh and of the manifest, which are written one after the other.
      const last = Array.from({ length: 8 }, (_, index) => whole - 8 + index);
      const fits: boolean[] = [];
      for (const blocks of [...shares, ...last]) fits.push(await fitsInto(context, small, blocks));
      expect(fits).not.toContain(true);
      expect(context.events.filter(({ type }) => type === 'step-failed').length).toBeGreaterThan(0);
      expect(await fitsInto(context, small, 2 * whole)).toBe(true);
    },
  );

  test('a disk that is read-only is one clear error', async () => {
    const small = temporaryFolder('small');
    mounts.push(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=755,ro', 'tmpfs', small]);
    const context = running().context({ DB_NAME: await running().createDatabase(), BACKUP_DIR: small });
    await expect(takeBackup(context)).rejects.toMatchObject({ code: 'file-failed', exitCode: 3 });
  });
});
