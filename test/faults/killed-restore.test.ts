import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startMaj } from '../helpers/cli.ts';
import { quoteName } from '../../scripts/database/quote.ts';
import { withSession, type Session } from '../../scripts/database/session.ts';
import { testContext } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../helpers/site.ts';

describe.each(servers)('a restore on $name', (server) => {
  const newSite = useSites(server);

  test('that is killed in the middle is told by every other call, and ends equal when it is run again', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect((await site.maj('backup')).code).toBe(0);
    await spoil(site);

    const mark = join(site.project, '.maj', 'restore-unfinished.json');
    await whileHeld(site, 'timesheets', async (whenWaitedFor) => {
      const spoilt = await rowsOf(site);
      const { child, ended } = startMaj(site.project, ['restore', '--yes']);
      await whenWaitedFor();
      // Everything is loaded, under other names: what was there is there.
      const meanwhile = await rowsOf(site);
      expect(Object.keys(meanwhile).length).toBeGreaterThan(Object.keys(spoilt).length);
      expect(meanwhile).toMatchObject(spoilt);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
    });
    expect(existsSync(mark)).toBe(true);
    expect(await site.inMaintenance()).toBe(true);

    for (const words of [['backup'], ['upgrade', '1.1.0'], ['rehearse'], ['apply', '1.1.0', '--yes']]) {
      const refused = await site.maj(...words);
      expect(refused.code, `${words.join(' ')}: ${refused.stderr}`).toBe(6);
      expect(refused.stderr).toContain('maj restore');
    }
    const status = await site.maj('status');
    expect(status.code).toBe(6);
    expect(status.stdout).toContain('half restored');

    const again = await site.maj('restore', '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    expect((await site.maj('backup')).code).toBe(0);
  });
});

/** Changes every table, so that all of them have to be loaded again, and adds one that a restore drops. */
async function spoil(site: TestSite): Promise<void> {
  await withSession(testContext(), site.target, async (session) => {
    for (const name of await tablesOf(session))
      await session.run(`ALTER TABLE ${quoteName(name)} COMMENT 'changed'`);
    await session.run('CREATE TABLE added_later (id INT PRIMARY KEY)');
  });
}

/**
 * Keeps a table from being replaced while something is done, so that a restore cannot come to its end meanwhile, on any
 * machine. Afterwards it waits until the server has seen that whoever wanted to replace the table is gone.
 */
async function whileHeld(
  site: TestSite,
  table: string,
  work: (whenWaitedFor: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await withSession(testContext(), site.target, async (session) => {
    const renaming = async (): Promise<number> =>
      (
        await session.rows(
          "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'RENAME TABLE%'",
        )
      ).length;
    await session.run('START TRANSACTION');
    await session.rows(`SELECT 1 FROM ${quoteName(table)} LIMIT 1`);
    await work(() => expect.poll(renaming).toBe(1));
    await session.run('COMMIT');
    await expect.poll(renaming).toBe(0);
  });
}

/** How many rows each table has. */
async function rowsOf(site: TestSite): Promise<Readonly<Record<string, number>>> {
  return withSession(testContext(), site.target, async (session) => {
    const counts: Record<string, number> = {};
    for (const name of await tablesOf(session)) {
      const [row] = await session.rows(`SELECT COUNT(*) AS rowCount FROM ${quoteName(name)}`);
      counts[name] = Number(row?.['rowCount']);
    }
    return counts;
  });
}

async function tablesOf(session: Session): Promise<string[]> {
  const tables = await session.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`,
  );
  return tables.map(({ name }) => String(name));
}
