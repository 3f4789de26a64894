import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partPath } from '../../../scripts/backup/layout.ts';
import { findBackup } from '../../../scripts/backup/find.ts';
import type { Backup } from '../../../scripts/backup/list.ts';
import { sealedJson } from '../../../scripts/backup/manifest.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { codecNamed, readStored } from '../../../scripts/dump/codec.ts';
import { dumpSum } from '../../../scripts/dump/part-sums.ts';
import { isRows } from '../../../scripts/dump/part.ts';
import { storeCompressed } from '../../../scripts/dump/store.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import type { TestContext } from '../../helpers/context.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';

/** Makes of a backup one whose parts of rows are as large as they once were, and which does not tell. */
async function asOfTheFirstDays(context: TestContext, { id, folder, manifest }: Backup): Promise<Backup> {
  const codec = await codecNamed(context, manifest.codec);
  const large = manifest.parts.filter((part) => isRows(part) && part.object === 'large');
  const chunks: Buffer[] = [];
  for (const part of large) {
    const path = partPath(folder, part.name);
    for await (const chunk of readStored(path, codec)) chunks.push(chunk);
    rmSync(path);
  }
  const [first] = large;
  if (first === undefined) throw new Error('no rows');
  const writer = storeCompressed(partPath(folder, first.name), codec);
  await writer.write(Buffer.concat(chunks));
  const joined = { ...first, ...(await writer.finish()) };
  const parts = manifest.parts.flatMap((part) =>
    part === first ? [joined] : large.includes(part) ? [] : [part],
  );
  const { rowBytes, ...rest } = { ...manifest, parts, dumpSha256: dumpSum(parts) };
  expect(rowBytes).toBeLessThan(joined.bytes);
  writeFileSync(join(folder, 'manifest.json'), sealedJson(rest));
  return findBackup(context, id);
}

describe.each(everyServer)('a backup that was cut into larger parts, on $name', (server) => {
  const running = useServer(server);

  test('is proven as it was cut', async () => {
    const database = await running().createDatabase();
    await runAll(running(), database, [
      'CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, body MEDIUMTEXT)',
      `INSERT INTO large (body) SELECT REPEAT(UUID(), 28000) FROM (
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT i FROM n) AS many`,
    ]);
    const context = running().context({ DB_NAME: database });
    const cut = await takeBackup(context);
    expect(readFileSync(join(cut.folder, 'manifest.json'), 'utf8')).toContain('"rowBytes"');
    const backup = await asOfTheFirstDays(context, cut);
    expect(backup.manifest.parts.length).toBeLessThan(cut.manifest.parts.length);
    await withThrowaway(context, server.programs, async (throwaway) => {
      expect(await proveBackup(context, backup, throwaway)).toMatchObject({
        equalParts: backup.manifest.parts.length,
      });
    });
  });
});
