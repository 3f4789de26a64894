import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBackup } from '../../../scripts/backup/find.ts';
import { listBackups } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { schemaFingerprint } from '../../../scripts/database/fingerprint.ts';
import { withSession, type Session } from '../../../scripts/database/session/session.ts';
import { compareWithDatabase } from '../../../scripts/restore/compare.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, createRows, runAll } from './everything.ts';
import { restoreDatabase } from '../../helpers/restore-database.ts';

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test('a backup of everything is whole, is proven, and brings a damaged database back', async () => {
    const database = await createEverything(running(), server.flavour);
    await createRows(running(), database, 'many', 40);
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);

    const backup = await takeBackup(context);
    expect(
      backup.manifest.parts.filter(({ object }) => object === 'many').map(({ section }) => section),
    ).toEqual(expect.arrayContaining(['structure', 'rows', 'rows']));
    expect(await verifyBackup(context, backup)).toMatchObject({ files: null });
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);

    const proof = await withThrowaway(context, server.programs, (throwaway) =>
      proveBackup(context, backup, throwaway),
    );
    expect(proof).toMatchObject({ equalParts: backup.manifest.parts.length, sameVersionAsSource: true });
    expect((await findBackup(context, undefined)).proof).toEqual(proof);

    const before = await fingerprint(database);
    await runAll(running(), database, [
      "UPDATE users SET name = 'gone' WHERE id = 1",
      'DROP TABLE many',
      'DROP VIEW view_of_view',
      'DROP TRIGGER before_user',
      'DROP FUNCTION twice_of',
      'CREATE TABLE added (id INT PRIMARY KEY)',
      `ALTER DATABASE \`${database}\` CHARACTER SET latin1`,
    ]);
    const differences = await compareWithDatabase(context, backup, target);
    expect(differences).toEqual(
      expect.arrayContaining([
        'database (character set)',
        'users (rows)',
        'users (triggers)',
        'many (structure)',
        'many (rows)',
        'added (structure)',
        'view view_of_view',
        'routines',
      ]),
    );
    expect(differences).not.toContain('latin (rows)');
    expect(differences).not.toContain('header');

    await restoreDatabase(context, backup, target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
    expect(await fingerprint(database)).toBe(before);
  });

  test('a backup is for its owner alone, and the list has only the complete ones, newest first', async () => {
    const database = await createEverything(running(), server.flavour);
    const context = running().context({ DB_NAME: database });
    const first = await takeBackup(context);
    const second = await takeBackup(context, { databaseOnly: true });
    expect((await listBackups(context)).map(({ id }) => id)).toEqual([second.id, first.id]);

    const modes = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(modes(first.folder)).toBe('700');
    expect(modes(join(first.folder, 'database'))).toBe('700');
    for (const name of readdirSync(first.folder, { recursive: true, encoding: 'utf8' }).filter(
      (each) => each !== 'database',
    )) {
      expect([name, modes(join(first.folder, name))]).toEqual([name, name === 'restore.sh' ? '700' : '600']);
    }
    expect(existsSync(join(first.folder, 'owner.json'))).toBe(false);
    expect(readFileSync(join(first.folder, 'manifest.json'), 'utf8')).toContain('"format": 1');
  });

  test('gzip does what zstd does', async () => {
    const database = await createEverything(running(), server.flavour);
    const context = running().context({ DB_NAME: database, BACKUP_CODEC: 'gzip' });
    const backup = await takeBackup(context);
    expect(backup.manifest.codec).toBe('gzip');
    await verifyBackup(context, backup);
    await runAll(running(), database, ['DROP TABLE users']).catch(() => undefined);
    await restoreDatabase(context, backup, running().target(database));
  });

  test('a restore that is killed half-way says so, and is simply run again', async () => {
    const database = await createEverything(running(), server.flavour);
    await createRows(running(), database, 'many', 40);
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);
    const backup = await takeBackup(context);
    await runAll(running(), database, ['DELETE FROM many']);
    const restoring = restoreDatabase(context, backup, target);
    restoring.catch(() => undefined);
    await killWhoInserts(await running().adminSession(), database);
    await expect(restoring).rejects.toMatchObject({ code: 'restore-failed', exitCode: 11 });
    expect(await compareWithDatabase(context, backup, target)).not.toEqual([]);
    await restoreDatabase(context, backup, target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  test('a backup of the other kind of server is refused before anything is dropped', async () => {
    const database = await createEverything(running(), server.flavour);
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    const other = {
      flavour: server.flavour === 'mysql' ? 'mariadb' : 'mysql',
      version: '1.0.0',
      text: 'Other 1.0.0',
    } as const;
    const foreign = {
      ...backup,
      manifest: { ...backup.manifest, database: { ...backup.manifest.database, server: other } },
    };
    const target = running().target(database);
    await expect(restoreDatabase(context, foreign, target)).rejects.toMatchObject({
      code: 'flavour-differs',
      exitCode: 3,
    });
    await expect(compareWithDatabase(context, foreign, target)).rejects.toMatchObject({
      code: 'flavour-differs',
    });
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
  });

  /** Waits for a connection that loads rows into the database, and ends it as an administrator would. */
  async function killWhoInserts(admin: Session, database: string): Promise<void> {
    for (;;) {
      const [found] = await admin.rows(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = ? AND INFO LIKE '%INTO%`maj!_restore!_new!_%' ESCAPE '!'",
        [database],
      );
      if (found === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        continue;
      }
      await admin.run(`KILL ${String(found['id'])}`);
      return;
    }
  }

  const fingerprint = (database: string): Promise<string> =>
    withSession(running().context(), running().target(database), (session) =>
      schemaFingerprint(session, database),
    );
});
