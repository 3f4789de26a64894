import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../../../scripts/backup/take.ts';
import { proveBackup } from '../../../../scripts/restore/prove.ts';
import { startThrowaway, type Throwaway } from '../../../../scripts/server/throwaway.ts';
import { testContext } from '../../../helpers/context.ts';
import { everyServer, useServer } from '../../../helpers/servers.ts';
import { runAll } from '../everything.ts';
import { restoreDatabase } from '../../../helpers/restore-database.ts';

const mebibyte = 1024 * 1024;

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);
  let throwaway: Throwaway;
  beforeAll(async () => {
    throwaway = await startThrowaway(testContext(), server.programs);
  });
  afterAll(() => throwaway.close());

  test('a row of 64 MB, which is twice as long in the dump, is proven and restored', async () => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);
    await runAll(running(), database, [
      'CREATE TABLE scans (id INT PRIMARY KEY, image LONGBLOB, words LONGTEXT, KEY prefix (words(10)))',
      `INSERT INTO scans VALUES (1, 'small', 'first'), (2, REPEAT(x'00FF5C27', ${16 * mebibyte}), NULL)`,
      `INSERT INTO scans VALUES (3, NULL, REPEAT('\\\\''\\n;', ${mebibyte})), (4, '', 'last')`,
    ]);
    const admin = await running().adminSession();
    const stored = () =>
      admin.rows(`SELECT id, LENGTH(image) AS i, SHA2(image, 256) AS s, LENGTH(words) AS w, SHA2(words, 256) AS t
        FROM \`${database}\`.scans ORDER BY id`);
    const before = await stored();
    expect(before.map(({ i, w }) => Number(i ?? w))).toEqual([5, 64 * mebibyte, 4 * mebibyte, 0]);

    const backup = await takeBackup(context);
    await proveBackup(context, backup, throwaway);
    await runAll(running(), database, ['DELETE FROM scans WHERE id > 1']);
    await restoreDatabase(context, backup, target);
    expect(await stored()).toEqual(before);
  });
});
