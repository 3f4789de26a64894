import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, withSession, type Session } from '../../scripts/database/session/session.ts';
import { quoteName } from '../../scripts/sql/quote.ts';
import { startMaj } from '../helpers/cli.ts';
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
    const held = await hold(site);
    const spoilt = await held.rows();
    const { child, ended } = startMaj(site.project, ['restore', '--yes']);
    await expect.poll(held.renaming).toHaveLength(1);
    const [renaming] = await held.renaming();
    // Everything is loaded, under other names: what was there is there.
    const meanwhile = await held.rows();
    expect(Object.keys(meanwhile).length).toBeGreaterThan(Object.keys(spoilt).length);
    expect(meanwhile).toMatchObject(spoilt);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
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

    // MySQL lets the RENAME wait on: the second restore ends it.
    const again = startMaj(site.project, ['restore', '--yes']);
    await expect.poll(held.renaming).not.toContain(renaming);
    await held.release();
    const { code, stderr } = await again.ended;
    expect(code, stderr).toBe(0);
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

interface Held {
  /** How many rows each table has, also while somebody waits to replace it. */
  readonly rows: () => Promise<Readonly<Record<string, number>>>;
  /** The connections that wait to replace tables. */
  readonly renaming: () => Promise<number[]>;
  readonly release: () => Promise<void>;
}

/** Keeps all tables from being replaced until they are released: a restore cannot come to its end, on any machine. */
async function hold(site: TestSite): Promise<Held> {
  const session = await connect(testContext(), site.target);
  onTestFinished(() => session.close());
  const rows = async (): Promise<Readonly<Record<string, number>>> => {
    const counts: Record<string, number> = {};
    for (const name of await tablesOf(session)) {
      const [row] = await session.rows(`SELECT COUNT(*) AS rowCount FROM ${quoteName(name)}`);
      counts[name] = Number(row?.['rowCount']);
    }
    return counts;
  };
  const renaming = async (): Promise<number[]> =>
    (
      await session.rows(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'RENAME TABLE%'",
      )
    ).map(({ id }) => Number(id));
  // A snapshot would be older than the tables that are made meanwhile.
  await session.run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await session.run('START TRANSACTION');
  await rows();
  return { rows, renaming, release: () => session.close() };
}

async function tablesOf(session: Session): Promise<string[]> {
  const tables = await session.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`,
  );
  return tables.map(({ name }) => String(name));
}
