import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findBackup } from '../../../scripts/backup/find.ts';
import type { Backup } from '../../../scripts/backup/list.ts';
import { sealedJson } from '../../../scripts/backup/manifest.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { codecNamed, readStored } from '../../../scripts/dump/codec.ts';
import { dumpSum } from '../../../scripts/dump/part-sums.ts';
import { storeCompressed } from '../../../scripts/dump/store.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import type { TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';

/** Writes a part of a backup anew, and the manifest with it, so that only a restore can tell that it is another. */
async function forge(
  context: TestContext,
  backup: Backup,
  key: { readonly object: string; readonly section: string },
  change: (text: string) => string,
): Promise<Backup> {
  const codec = await codecNamed(context, backup.manifest.codec);
  const parts = [];
  let dumpBytes = 0;
  for (const part of backup.manifest.parts) {
    const path = join(backup.folder, 'database', part.name);
    const chunks: Buffer[] = [];
    for await (const chunk of readStored(path, codec)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const chosen = part.object === key.object && part.section === key.section;
    const content = Buffer.from(chosen ? change(text) : text);
    rmSync(path);
    const writer = storeCompressed(path, codec);
    await writer.write(content);
    parts.push({ ...part, ...(await writer.finish()) });
    dumpBytes += content.length;
  }
  const manifest = { ...backup.manifest, parts, dumpBytes, dumpSha256: dumpSum(parts) };
  writeFileSync(join(backup.folder, 'manifest.json'), sealedJson(manifest));
  return findBackup(context, backup.id);
}

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  let database: string;
  let context: TestContext;
  beforeAll(async () => {
    database = await createEverything(running(), server.flavour);
    context = running().context({ DB_NAME: database });
  });
  const prove = (backup: Backup): Promise<unknown> =>
    withThrowaway(context, server.programs, (throwaway) => proveBackup(context, backup, throwaway));

  test('views that read other databases are proven, by empty tables in the place of those', async () => {
    const admin = await running().adminSession();
    for (const statement of [
      'DROP DATABASE IF EXISTS `other db`',
      'CREATE DATABASE `other db`',
      "CREATE TABLE `other db`.`people's` (id INT PRIMARY KEY, name VARCHAR(20) COLLATE utf8mb4_bin, kind ENUM('a','b''c'))",
      "INSERT INTO `other db`.`people's` VALUES (1, 'x', 'a')",
      "CREATE VIEW `other db`.seen AS SELECT name FROM `other db`.`people's`",
      'DROP DATABASE IF EXISTS reads_others',
      'CREATE DATABASE reads_others CHARACTER SET utf8mb4',
      'CREATE TABLE reads_others.a (id INT PRIMARY KEY, name VARCHAR(20) COLLATE utf8mb4_bin)',
      "CREATE USER IF NOT EXISTS reader@'%'",
      'GRANT ALL ON reads_others.* TO reader',
      'GRANT SELECT ON `other db`.* TO reader',
      "CREATE DEFINER = reader VIEW reads_others.v AS SELECT a.id, p.kind FROM reads_others.a JOIN `other db`.`people's` p USING (name)",
      'CREATE VIEW reads_others.w AS SELECT s.name FROM `other db`.seen s',
    ])
      await admin.run(statement);
    const own = running().context({ DB_NAME: 'reads_others' });
    const backup = await takeBackup(own);
    expect(backup.manifest.database.outside?.map(({ schema, name }) => `${schema}.${name}`).sort()).toEqual([
      "other db.people's",
      'other db.seen',
    ]);
    await withThrowaway(own, server.programs, async (throwaway) => {
      expect(await proveBackup(own, backup, throwaway)).toMatchObject({ backupId: backup.id });
      // Names and columns, never rows.
      const rows = await withSession(own, throwaway.target('other db'), (session) =>
        session.rows("SELECT * FROM `people's`"),
      );
      expect(rows).toEqual([]);
    });
  });

  test('a dump that does not bring back what it says is not proven, and the object is named', async () => {
    const backup = await takeBackup(context);
    const forged = await forge(context, backup, { object: 'users', section: 'structure' }, (text) =>
      text.replace('`role` enum(', '`role`  ENUM('),
    );
    await verifyBackup(context, forged);
    await expect(prove(forged)).rejects.toMatchObject({
      code: 'proof-failed',
      exitCode: 4,
      message: expect.stringContaining('users (structure)') as unknown,
    });
    expect((await findBackup(context, forged.id)).proof).toBeNull();
  });

  test('a dump that does not load is not proven', async () => {
    const backup = await takeBackup(context);
    const forged = await forge(context, backup, { object: 'users', section: 'rows' }, (text) =>
      text.replace('INSERT INTO', 'INSERT INTO no such'),
    );
    await expect(prove(forged)).rejects.toMatchObject({ code: 'statement-failed' });
  });

  test('a proof holds for one manifest only, and a damaged one counts as none', async () => {
    const backup = await takeBackup(context);
    await prove(backup);
    expect((await findBackup(context, backup.id)).proof).toMatchObject({ backupId: backup.id });
    const path = join(backup.folder, 'proof.json');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.replace('"equalParts": ', '"equalParts": 1'));
    expect((await findBackup(context, backup.id)).proof).toBeNull();
    await expect(verifyBackup(context, backup)).rejects.toMatchObject({ code: 'backup-unsound' });

    const other = await takeBackup(context);
    writeFileSync(join(other.folder, 'proof.json'), whole);
    expect((await findBackup(context, other.id)).proof).toBeNull();
  });

  test('the accounts that things run as need not exist where the backup is proven', async () => {
    await runAll(running(), database, [
      "CREATE USER IF NOT EXISTS 'own''er'@'10.0.0.%'",
      "CREATE OR REPLACE DEFINER = 'own''er'@'10.0.0.%' VIEW theirs AS SELECT id FROM users",
    ]);
    const backup = await takeBackup(context);
    expect(backup.manifest.database.definers).toContainEqual({ user: "own'er", host: '10.0.0.%' });
    await prove(backup);
    await runAll(running(), database, ['DROP VIEW theirs']);
  });
});
