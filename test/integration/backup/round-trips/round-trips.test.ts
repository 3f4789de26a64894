import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../../../scripts/backup/take.ts';
import { proveBackup } from '../../../../scripts/restore/prove.ts';
import { startThrowaway, type Throwaway } from '../../../../scripts/server/throwaway.ts';
import { quoteName } from '../../../../scripts/sql/quote.ts';
import { testContext } from '../../../helpers/context.ts';
import { sampleOf } from '../../../helpers/sample.ts';
import { everyServer, servers, useServer } from '../../../helpers/servers.ts';
import { findClients, runScript, type VendorAccess } from '../../../helpers/vendor-clients.ts';
import { damage } from './damage.ts';
import { askWitnesses, contradictions, readCatalogue } from './oracle.ts';
import { themesOf } from './themes.ts';
import { restoreDatabase } from '../../../helpers/restore-database.ts';

/** The theme `large` takes both ways twice, and is dumped as often by the vendor's program. */
const minutes = 300_000;

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);
  let throwaway: Throwaway;
  beforeAll(async () => {
    throwaway = await startThrowaway(testContext(), server.programs);
  });
  afterAll(() => throwaway.close());

  // A further server of a flavour takes a third of the themes, and all of them with FAULTS=all.
  const themes = servers.includes(server) ? themesOf(server) : sampleOf(themesOf(server), 0);

  test.each(themes)(
    '$name: what is backed up is what is restored',
    async ({ name, scripts }) => {
      const database = `trip-${name}`;
      const context = running().context({ DB_NAME: database });
      const target = running().target(database);
      const admin = await running().adminSession();
      const access: VendorAccess = {
        clients: await findClients(context, server.flavour),
        socket: running().socket,
      };
      const witnesses = () => askWitnesses(running(), access, database);
      await running().createDatabase(database);
      for (const script of scripts) await runScript(access, database, script);
      const before = await witnesses();

      const backup = await takeBackup(context);
      const proof = await proveBackup(context, backup, throwaway);
      expect(proof.equalParts).toBe(backup.manifest.parts.length);

      await damage(admin, database);
      expect(await readCatalogue(admin, database)).not.toEqual(before.catalogue);
      await restoreDatabase(context, backup, target);
      expect(contradictions(before, await witnesses())).toEqual([]);

      await admin.run(`DROP DATABASE ${quoteName(database)}`);
      await admin.run(`CREATE DATABASE ${quoteName(database)} CHARACTER SET ascii`);
      await restoreDatabase(context, backup, target);
      expect(contradictions(before, await witnesses())).toEqual([]);
      await admin.run(`DROP DATABASE ${quoteName(database)}`);
    },
    minutes,
  );
});
