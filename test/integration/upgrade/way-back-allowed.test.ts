import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session.ts';
import { testContext } from '../../helpers/context.ts';
import { servers } from '../../helpers/servers.ts';
import { expectVersion, stateOf, useSites } from '../../helpers/site.ts';

describe.each(servers)('an upgrade that could not be taken back, on $name,', (server) => {
  const newSite = useSites(server, 300);

  test('is refused before its window: views run as another, and the account may not create such ones', async () => {
    const site = await newSite();
    const root = { ...site.target, user: 'root', password: undefined };
    const asRoot = async (statement: string): Promise<void> => {
      await withSession(testContext(), root, (session) => session.run(statement));
    };
    await asRoot("CREATE USER IF NOT EXISTS 'reports'@'localhost'");
    await asRoot("GRANT SELECT ON intimemanager.* TO 'reports'@'localhost'");
    await asRoot("CREATE DEFINER = 'reports'@'localhost' VIEW names AS SELECT id, name FROM users");
    const before = await stateOf(site);
    const refused = await site.maj('upgrade', '1.1.0');
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('could not be brought back');
    expect(refused.stderr).toContain('reports@localhost');
    expect(refused.stderr).not.toContain('--definers');
    expect((await site.journal()).map(({ type }) => type)).not.toContain('maintenance-was');
    expect(await stateOf(site)).toEqual(before);

    // The server has several names for it: the hint tells them.
    const privilege = server.flavour === 'mariadb' ? 'SET USER' : 'SET_ANY_DEFINER';
    expect(refused.stderr).toContain(privilege);
    await asRoot(`GRANT ${privilege} ON *.* TO 'intimemanager'@'localhost'`);
    const done = await site.maj('upgrade', '1.1.0');
    expect(done.code, done.stderr).toBe(0);
    await expectVersion(site, '1.1.0');

    await asRoot(`REVOKE ${privilege} ON *.* FROM 'intimemanager'@'localhost'`);
    // The upgrade has changed a procedure: procedures, views and events are put back all together.
    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(3);
    expect(back.stderr).toContain('could not be brought back');
    await expectVersion(site, '1.1.0');

    // No script is pending, and then nothing has changed: nothing of the database would have to be brought back.
    const files = await site.maj('upgrade', '1.1.0', '--reinstall');
    expect(files.code, files.stderr).toBe(0);
    const gone = await site.maj('upgrade', '--roll-back', '--yes');
    expect(gone.code, gone.stderr).toBe(0);
    await expectVersion(site, '1.1.0');
    await asRoot("DROP USER 'reports'@'localhost'");
  });
});
