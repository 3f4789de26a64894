import { describe, expect, test } from 'vitest';
import { listBackups } from '../../../scripts/backup/list.ts';
import { proveBackup } from '../../../scripts/backup/prove.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { withThrowaway } from '../../../scripts/database/throwaway.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';

describe.each(everyServer)('a backup behind one that is proven, on $name', (server) => {
  const running = useServer(server);

  test('is proven by its structure and the rows that are not the same, and by nothing where all are', async () => {
    const database = await createEverything(running(), server.flavour);
    await runAll(running(), database, [
      'CREATE TABLE grows (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT)',
      "INSERT INTO grows (body) VALUES ('one'), ('two')",
    ]);
    const context = running().context({ DB_NAME: database });
    await withThrowaway(context, server.programs, async (throwaway) => {
      const first = await takeBackup(context);
      const earlier = { ...first, proof: await proveBackup(context, first, throwaway) };
      expect(earlier.proof.restsOn).toBeUndefined();

      const same = await takeBackup(context);
      const parts = same.manifest.parts.length;
      expect(await proveBackup(context, same, throwaway, earlier)).toMatchObject({
        equalParts: parts,
        restsOn: { backup: first.id, parts },
      });

      await runAll(running(), database, ["INSERT INTO grows (body) VALUES ('three')"]);
      const grown = await takeBackup(context);
      const proof = await proveBackup(context, grown, throwaway, earlier);
      const rows = grown.manifest.parts.filter(({ kind, section }) => kind === 'table' && section === 'rows');
      expect(proof).toMatchObject({
        equalParts: parts,
        restsOn: { backup: first.id, parts: rows.length - 1 },
      });
      const listed = await listBackups(context);
      expect(listed.map(({ proof: kept }) => kept === null)).toEqual([false, false, false]);
    });
  });
});
