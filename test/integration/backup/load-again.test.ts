import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { compareWithDatabase, differencesFromBackup } from '../../../scripts/restore/compare.ts';
import { loadAgain } from '../../../scripts/restore/load/load-and-compare.ts';
import { loadBackup } from '../../../scripts/restore/load/load-backup.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { createEverything, runAll } from './everything.ts';

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);

  test('LOAD DATA takes the rows of ordinary tables, and INSERTs put right what it got wrong', async () => {
    const database = await createEverything(running(), server.flavour);
    await runAll(running(), database, [
      'CREATE TABLE other_engine (id INT PRIMARY KEY) ENGINE=MyISAM',
      'INSERT INTO other_engine VALUES (1)',
    ]);
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    const copy = running().target(await running().createDatabase(`${database}_copy`));
    const loaded = await loadBackup(context, backup, copy, () => undefined);
    expect([...loaded.fastTables].toSorted()).toEqual(['latin', 'odd `name/é', 'users']);

    await runAll(running(), copy.database, [
      "UPDATE users SET note = 'otherwise'",
      'DELETE FROM other_engine',
    ]);
    const differing = async (): ReturnType<typeof differencesFromBackup> =>
      differencesFromBackup(context, backup, copy);
    const { differences } = await differing();
    expect(await loadAgain(context, backup, copy, loaded, differences)).toBe(true);
    expect(context.events).toContainEqual(
      expect.objectContaining({ note: 'load-again', facts: { tables: ['users'] } }),
    );
    // Nothing was loaded in the quick way there: its difference has another cause, and is for the user to hear of.
    expect(await compareWithDatabase(context, backup, copy)).toEqual(['other_engine (rows)']);
    expect(await loadAgain(context, backup, copy, loaded, (await differing()).differences)).toBe(false);
  });
});
