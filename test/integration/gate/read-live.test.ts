import { describe, expect, test } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { readLive } from '../../../scripts/gate/read-live.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers)('the live database that the gate asks, on $name,', (server) => {
  const running = useServer(server);

  test('is not known where the account may not read all of its definitions', async () => {
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run(`CREATE TABLE ${database}.t (id int PRIMARY KEY)`);
    await admin.run(`CREATE VIEW ${database}.seen AS SELECT id FROM ${database}.t`);
    await admin.run("DROP USER IF EXISTS reader@'localhost'");
    await admin.run("CREATE USER reader@'localhost' IDENTIFIED BY 'secret'");
    await admin.run(`GRANT SELECT ON ${database}.* TO reader@'localhost'`);
    const context = running().context({
      DB_NAME: database,
      DB_USER: 'reader',
      DB_PASSWORD: new Secret('secret'),
    });
    const live = await readLive(context);
    expect(live.known ? 'known' : live.why).toMatch(/SHOW VIEW|denied/i);
  });
});
