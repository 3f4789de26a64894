import { describe, expect, test } from 'vitest';
import { listBackups, type ProvenBackup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { findLocalDumpClient } from '../../../scripts/dump/client/clients.ts';
import { isRows } from '../../../scripts/dump/part.ts';
import { compareDump } from '../../../scripts/restore/compare.ts';
import { namesOfDifferences } from '../../../scripts/restore/differences.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway, type Throwaway } from '../../../scripts/server/throwaway.ts';
import type { TestContext } from '../../helpers/context.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';

describe.each(everyServer)('a backup behind one that is proven, on $name', (server) => {
  const running = useServer(server);
  const withProven = (
    context: TestContext,
    work: (throwaway: Throwaway, earlier: ProvenBackup) => Promise<void>,
  ): Promise<void> =>
    withThrowaway(context, server.programs, async (throwaway) => {
      const first = await takeBackup(context);
      await work(throwaway, { ...first, proof: await proveBackup(context, first, throwaway) });
    });

  test('is proven by its structure and the rows that are not the same, and by nothing where all are', async () => {
    const database = await createEverything(running(), server.flavour);
    await runAll(running(), database, [
      'CREATE TABLE grows (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT)',
      "INSERT INTO grows (body) VALUES ('one'), ('two')",
    ]);
    const context = running().context({ DB_NAME: database });
    await withProven(context, async (throwaway, earlier) => {
      expect(earlier.proof.restsOn).toBeUndefined();

      const same = await takeBackup(context);
      const parts = same.manifest.parts.length;
      expect(await proveBackup(context, same, throwaway, earlier)).toMatchObject({
        equalParts: parts,
        restsOn: { backup: earlier.id, parts },
      });

      await runAll(running(), database, ["INSERT INTO grows (body) VALUES ('three')"]);
      const grown = await takeBackup(context);
      const proof = await proveBackup(context, grown, throwaway, earlier);
      const rows = grown.manifest.parts.filter(({ kind, section }) => kind === 'table' && section === 'rows');
      expect(proof).toMatchObject({
        equalParts: parts,
        restsOn: { backup: earlier.id, parts: rows.length - 1 },
      });
      const listed = await listBackups(context);
      expect(listed.map(({ proof: kept }) => kept === null)).toEqual([false, false, false]);
    });
  });

  test('whose largest table has grown is proven by the part that has', async () => {
    const database = await running().createDatabase();
    const rows = (count: number): string =>
      `INSERT INTO large (body) SELECT REPEAT(UUID(), 28000) FROM (
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n) AS many`;
    await runAll(running(), database, [
      'CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, body MEDIUMTEXT)',
      rows(12),
      'CREATE TABLE idle (id INT PRIMARY KEY)',
      'INSERT INTO idle VALUES (1)',
    ]);
    const context = running().context({ DB_NAME: database });
    await withProven(context, async (throwaway, earlier) => {
      await runAll(running(), database, [rows(2)]);
      const grown = await takeBackup(context);
      const before = new Set(earlier.manifest.parts.map(({ sha256 }) => sha256));
      const parts = grown.manifest.parts.filter(isRows);
      const changed = parts.filter(({ sha256 }) => !before.has(sha256));
      expect(parts.filter(({ object }) => object === 'large')).toHaveLength(2);
      expect(changed).toHaveLength(1);
      expect(await proveBackup(context, grown, throwaway, earlier)).toMatchObject({
        restsOn: { backup: earlier.id, parts: parts.length - 1 },
      });

      // What was loaded is really compared.
      const target = throwaway.target(database);
      const client = await findLocalDumpClient(context, throwaway.programs);
      const rowParts = new Set(changed.map(({ name }) => name));
      const differing = async (): Promise<string[]> =>
        namesOfDifferences((await compareDump(context, grown, client, target, { rowParts })).differences);
      expect(await differing()).toEqual([]);
      await withSession(context, target, (session) =>
        session.run("UPDATE large SET body = CONCAT(body, 'x') ORDER BY id DESC LIMIT 1"),
      );
      expect(await differing()).toEqual(['large (rows)']);
      await withSession(context, target, (session) => session.run('INSERT INTO idle VALUES (1)'));
      expect(await differing()).toEqual(['idle (rows)', 'large (rows)']);
    });
  });
});
