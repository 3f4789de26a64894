import { describe, expect, test } from 'vitest';
import { schemaFingerprint } from '../../../scripts/database/fingerprint.ts';
import { withSession } from '../../../scripts/database/session.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers)('the fingerprint of a schema on $name', (server) => {
  const running = useServer(server);

  test('depends neither on the database that the session is in, nor on whether a definer is there', async () => {
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    const within = (): Promise<string> =>
      withSession(running().context(), running().target(database), (session) =>
        schemaFingerprint(session, database),
      );
    await admin.run(`USE \`${database}\``);
    await admin.run('CREATE TABLE things (id INT PRIMARY KEY, name VARCHAR(20))');
    await admin.run(
      `CREATE DEFINER = 'nobody'@'nowhere' VIEW named AS SELECT t.id, things.name, '\`${database}\`.' AS text FROM things t, things`,
    );
    const first = await within();
    await admin.run('USE mysql');
    expect(await schemaFingerprint(admin, database)).toBe(first);
    await admin.run(`CREATE USER 'nobody'@'nowhere'`);
    await admin.run(`GRANT ALL ON \`${database}\`.* TO 'nobody'@'nowhere'`);
    expect(await within()).toBe(first);
    await admin.run(`USE \`${database}\``);
    await admin.run(
      `CREATE OR REPLACE DEFINER = 'nobody'@'nowhere' VIEW named AS SELECT t.id, things.name, 'other' AS text FROM things t, things`,
    );
    expect(await within()).not.toBe(first);
  });

  if (server.flavour === 'mysql')
    test('sees what a library says', async () => {
      const database = await running().createDatabase();
      const admin = await running().adminSession();
      await admin.run(`USE \`${database}\``);
      await admin.run('CREATE LIBRARY code LANGUAGE JAVASCRIPT AS $$ export const a = 1 $$');
      const first = await schemaFingerprint(admin, database);
      await admin.run('DROP LIBRARY code');
      await admin.run('CREATE LIBRARY code LANGUAGE JAVASCRIPT AS $$ export const a = 2 $$');
      expect(await schemaFingerprint(admin, database)).not.toBe(first);
    });
});
