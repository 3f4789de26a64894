import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withSession, type Session } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { checkDumpable } from '../../../scripts/dump/preflight.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { fillWithEverything } from '../database/everything.ts';
import { findClients } from '../../helpers/vendor-clients.ts';

describe.each(servers)('before a dump on $name', (server) => {
  const running = useServer(server);

  async function check(database: string, user = 'root'): Promise<unknown> {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const target: Target = { ...running().target(database), user };
    const needs = await withSession(context, target, (session) =>
      checkDumpable(context, session, clients, database),
    );
    return [...context.events, ...needs.lock];
  }

  async function prepared(): Promise<{ database: string; admin: Session }> {
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run(`USE \`${database}\``);
    return { database, admin };
  }

  it('nothing is said of a database that can be dumped whole', async () => {
    const { database, admin } = await prepared();
    await fillWithEverything(admin, database, server.flavour);
    expect(await check(database)).toEqual([]);
  });

  it('all broken views are named', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE TABLE t (a INT, b INT)');
    await admin.run('CREATE VIEW healthy AS SELECT a FROM t');
    await admin.run('CREATE VIEW no_column AS SELECT b FROM t');
    await admin.run('CREATE VIEW no_table AS SELECT * FROM no_column');
    await admin.run('ALTER TABLE t DROP COLUMN b');
    const expected = { code: 'views-broken', exitCode: 3 };
    const refusal: unknown = await check(database).catch((error: unknown) => error);
    expect(refusal).toMatchObject(expected);
    expect(String(refusal)).toMatch(/no_column[\s\S]*no_table/);
    expect(String(refusal)).not.toContain('healthy');
  });

  it('privileges without which something would be left out are named, with the grant', async () => {
    const { database, admin } = await prepared();
    await admin.run(`CREATE USER reader@localhost`);
    await admin.run(
      `GRANT SELECT, EXECUTE, EVENT ON \`${database.replace('_', '\\_')}\`.* TO reader@localhost`,
    );
    await expect(check(database, 'reader')).rejects.toMatchObject({
      code: 'privileges-missing',
      exitCode: 3,
      message: expect.stringContaining('it lacks SHOW VIEW, TRIGGER,') as string,
    });
    await admin.run(`GRANT SHOW VIEW, TRIGGER ON \`${database.replace('_', '\\_')}\`.* TO reader@localhost`);
    expect(await check(database, 'reader')).toEqual([]);
  });

  it('privileges that come by a role count', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE ROLE keeper');
    await admin.run(`GRANT ALL ON \`${database}\`.* TO keeper`);
    await admin.run('CREATE USER by_role@localhost');
    await admin.run('GRANT keeper TO by_role@localhost');
    await admin.run(
      server.flavour === 'mariadb'
        ? 'SET DEFAULT ROLE keeper FOR by_role@localhost'
        : 'SET DEFAULT ROLE keeper TO by_role@localhost',
    );
    expect(await check(database, 'by_role')).toEqual([]);
  });

  it('routines whose text this user may not read are named', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE PROCEDURE secret_work() SELECT 1');
    await admin.run('CREATE USER other@localhost');
    await admin.run(
      `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON \`${database}\`.* TO other@localhost`,
    );
    await expect(check(database, 'other')).rejects.toMatchObject({
      code: 'routines-hidden',
      message: expect.stringContaining('secret_work') as string,
    });
  });

  it('tables that no snapshot covers are to be locked', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE TABLE old (a INT) ENGINE=MyISAM');
    expect(await check(database)).toEqual([{ name: 'old', engine: 'MyISAM' }]);
  });

  it('privileges on each table alone do not suffice: a table without would be missed by nobody', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE TABLE shown (a INT, b INT)');
    await admin.run('CREATE TABLE hidden (a INT)');
    await admin.run('CREATE USER IF NOT EXISTS by_table@localhost');
    await admin.run(`GRANT EVENT, EXECUTE, SHOW VIEW ON \`${database}\`.* TO by_table@localhost`);
    await admin.run(`GRANT SELECT, TRIGGER ON \`${database}\`.shown TO by_table@localhost`);
    await admin.run(`GRANT SELECT (a) ON \`${database}\`.hidden TO by_table@localhost`);
    await expect(check(database, 'by_table')).rejects.toMatchObject({
      code: 'privileges-missing',
      message: expect.stringContaining('it lacks SELECT, TRIGGER,') as string,
    });
  });

  it('privileges are read in any sql_mode', async () => {
    const { database, admin } = await prepared();
    await admin.run('CREATE USER ansi@localhost');
    await admin.run(`GRANT ALL ON \`${database}\`.* TO ansi@localhost`);
    const [before] = await admin.rows('SELECT @@GLOBAL.sql_mode AS mode');
    await admin.run("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
    expect(await check(database, 'ansi')).toEqual([]);
    await admin.run(`SET GLOBAL sql_mode = '${String(before?.['mode'])}'`);
  });

  it('a name that the dump program would take for another is refused where it would look for it', async () => {
    const database = await running().createDatabase("it's");
    expect(await check(database)).toEqual([]);
    const admin = await running().adminSession();
    await admin.run(`USE \`${database}\``);
    await admin.run('CREATE PROCEDURE p() SELECT 1');
    const checked = check(database);
    if (server.flavour === 'mysql') expect(await checked).toEqual([]);
    else await expect(checked).rejects.toMatchObject({ code: 'name-not-dumpable', exitCode: 3 });
  });

  it('a client of the other flavour is refused, whatever it is called', async () => {
    const { database } = await prepared();
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const other = { ...clients, flavour: server.flavour === 'mysql' ? 'mariadb' : 'mysql' } as const;
    await expect(
      withSession(context, running().target(database), (session) =>
        checkDumpable(context, session, other, database),
      ),
    ).rejects.toMatchObject({ code: 'client-flavour', exitCode: 2 });

    const folder = temporaryFolder('clients');
    for (const name of ['mysqldump', 'mysql', 'mariadb-dump', 'mariadb']) {
      writeFileSync(join(folder, name), `#!/bin/sh\nexec ${clients.dump} "$@"\n`);
      chmodSync(join(folder, name), 0o755);
    }
    await expect(findClients(context, other.flavour, folder)).rejects.toMatchObject({
      code: 'clients-missing',
      exitCode: 2,
      message: expect.stringContaining(server.name) as string,
    });
  });
});
