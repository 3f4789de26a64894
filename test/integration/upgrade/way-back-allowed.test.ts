import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
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
    // Where the application itself may change its tables, a way back may be needed all the same.
    for (const own of [['cache'], ['stop', 'start']]) {
      const words = own.map((which) => `--app-${which}-command=true`);
      const unsure = await site.maj('upgrade', '1.1.0', '--reinstall', ...words);
      expect(unsure.code, unsure.stderr).toBe(3);
      expect(unsure.stderr).toContain('could not be brought back');
      expect((await site.journal()).map(({ type }) => type)).not.toContain('maintenance-was');
    }
    const gone = await site.maj('upgrade', '--roll-back', '--yes');
    expect(gone.code, gone.stderr).toBe(0);
    await expectVersion(site, '1.1.0');
    await asRoot("DROP USER 'reports'@'localhost'");
  });

  /** What the live server holds, and would not make again: what makes the server refuse it, and allow it. */
  const refusals: readonly {
    readonly what: string;
    readonly flavours: readonly Flavour[];
    readonly refuse: string;
    readonly allow: string;
    readonly named: readonly string[];
    /** What refuses it; not given: the trial of the way back. */
    readonly by?: string;
  }[] = [
    {
      // The release itself makes a trigger: the rehearsal is the first to see it. (The trial: not-made-again.test.ts.)
      what: 'triggers and functions, since its binary log trusts nobody',
      flavours: ['mariadb', 'mysql'],
      refuse: 'SET GLOBAL log_bin_trust_function_creators = OFF',
      allow: 'SET GLOBAL log_bin_trust_function_creators = ON',
      by: 'The dry run on the copy failed',
      named: ['1419', 'set log_bin_trust_function_creators to ON'],
    },
    {
      what: 'a table without a primary key',
      flavours: ['mysql'],
      refuse: 'SET GLOBAL sql_require_primary_key = ON',
      allow: 'SET GLOBAL sql_require_primary_key = OFF',
      named: ['table keyless', 'sql_require_primary_key'],
    },
    {
      what: 'a table without a primary key',
      flavours: ['mariadb'],
      refuse: 'SET GLOBAL innodb_force_primary_key = ON',
      allow: 'SET GLOBAL innodb_force_primary_key = OFF',
      named: ['table keyless', 'innodb_force_primary_key'],
    },
    {
      what: 'rows that are too long',
      flavours: ['mysql'],
      refuse: 'SET GLOBAL innodb_strict_mode = ON',
      allow: 'SET GLOBAL innodb_strict_mode = OFF',
      named: ['table wide', 'innodb_strict_mode'],
    },
    {
      what: 'code of root',
      flavours: ['mysql'],
      refuse: 'REVOKE SYSTEM_USER ON *.* FROM intimemanager@localhost',
      allow: 'GRANT SYSTEM_USER ON *.* TO intimemanager@localhost',
      named: ['view of_root', 'GRANT SYSTEM_USER'],
    },
    {
      what: 'what the account may not make',
      flavours: ['mariadb', 'mysql'],
      refuse: 'REVOKE CREATE VIEW ON intimemanager.* FROM intimemanager@localhost',
      allow: 'GRANT CREATE VIEW ON intimemanager.* TO intimemanager@localhost',
      named: ['view timesheet_details', 'GRANT CREATE VIEW'],
    },
  ];

  describe('where the server would not make again what it holds', () => {
    const newLoggedSite = useSites(server, 300, { binaryLog: true });

    test('is refused before its window, whatever that is, and goes on once it is allowed', async () => {
      const here = refusals.filter(({ flavours }) => flavours.includes(server.flavour));
      const site = await newLoggedSite();
      const root = { ...site.target, user: 'root', password: undefined };
      const asRoot = async (...statements: readonly string[]): Promise<void> => {
        await withSession(testContext(), root, async (session) => {
          for (const statement of statements) await session.run(statement);
        });
      };
      const wide = Array.from({ length: 250 }, (_, index) => `c${index} VARCHAR(64) CHARACTER SET utf8mb4`);
      await asRoot(
        ...here.map(({ allow }) => allow),
        `GRANT ${server.flavour === 'mariadb' ? 'SET USER' : 'SET_ANY_DEFINER'} ON *.* TO intimemanager@localhost`,
        'CREATE TABLE keyless (email VARCHAR(100))',
        'SET SESSION innodb_strict_mode = OFF',
        `CREATE TABLE wide (id INT PRIMARY KEY, ${wide.join(', ')}) ROW_FORMAT=COMPACT`,
        'CREATE VIEW of_root AS SELECT id FROM users',
        'CREATE DEFINER = intimemanager@localhost FUNCTION chance() RETURNS INT RETURN FLOOR(RAND() * 10)',
      );
      const before = await stateOf(site);
      for (const { what, refuse, allow, named, by = 'could not be brought back' } of here) {
        await asRoot(refuse);
        const refused = await site.maj('upgrade', '1.1.0');
        expect(refused.code, `${what}: ${refused.stderr}`).toBe(3);
        expect(refused.stderr).toContain(by);
        for (const text of named) expect(refused.stderr, what).toContain(text);
        expect((await site.journal()).map(({ type }) => type)).not.toContain('maintenance-was');
        await asRoot(allow);
        expect(await stateOf(site)).toEqual(before);
      }
      const done = await site.maj('upgrade', '1.1.0');
      expect(done.code, done.stderr).toBe(0);
      await expectVersion(site, '1.1.0');
    });
  });
});
