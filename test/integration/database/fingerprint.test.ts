import { describe, expect, test } from 'vitest';
import { readSchema, schemaFingerprint, type Schema } from '../../../scripts/database/fingerprint.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
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

  test('has a form that does not depend on who made what', async () => {
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    const madeBy = async (definer: string, text: string): Promise<Schema> => {
      for (const kind of ['VIEW v', 'TRIGGER t', 'PROCEDURE p', 'EVENT e'])
        await admin.run(`DROP ${kind.replace(' ', ' IF EXISTS ')}`);
      const create = `CREATE DEFINER = '${definer}'@'localhost'`;
      await admin.run(`${create} VIEW v AS SELECT id, '${text}' AS text FROM things`);
      await admin.run(`${create} TRIGGER t BEFORE INSERT ON things FOR EACH ROW SET NEW.id = NEW.id + 1`);
      await admin.run(`${create} PROCEDURE p() SELECT 'DEFINER=a'`);
      await admin.run(`${create} EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1`);
      return readSchema(admin, database);
    };
    await admin.run(`USE \`${database}\``);
    await admin.run('CREATE TABLE things (id INT PRIMARY KEY)');
    const first = await madeBy('one', 'a');
    const second = await madeBy('other', 'a');
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(second.unowned).toBe(first.unowned);
    expect((await madeBy('other', 'b')).unowned).not.toBe(first.unowned);
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
