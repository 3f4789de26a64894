import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession, type Session } from '../../../scripts/database/session/session.ts';
import { sqlErrorOf } from '../../../scripts/database/session/sql-error.ts';
import { confine, denialsOf, isDenied } from '../../../scripts/migrations/restricted-accounts.ts';
import { dryRun, type DryRunResult } from '../../../scripts/rehearsal/dry-run.ts';
import { rehearse } from '../../../scripts/rehearsal/rehearse.ts';
import { withThrowaway, type Throwaway } from '../../../scripts/server/throwaway.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { testContext } from '../../helpers/context.ts';
import { migrationsOf } from '../../helpers/migrations.ts';
import { harmlessScripts, hiddenScripts, reachingScripts } from '../../helpers/reaching.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrate } from './helpers.ts';

/** The error of each finding; one with a name of a database that is dropped may be refused for either. */
const errors: Readonly<Record<string, readonly string[]>> = {
  'other-database': ['migration-other-database'],
  'drop-database': ['migration-drops-database'],
  'server-wide': ['migration-server-wide'],
};

describe.each(servers)('on $name, a script that reaches beyond its database', (server) => {
  const running = useServer(server);

  test(
    'is refused by the rehearsal and the live run before anything is done',
    { timeout: 240_000 },
    async () => {
      await running().createDatabase('app');
      await running().createDatabase('neighbour');
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: '' });
      const target = running().target('app');
      const eyes = await look(context, target);
      await eyes.session.run('CREATE TABLE a (id INT PRIMARY KEY, v INT)');
      await eyes.session.run('CREATE TABLE neighbour.precious (id INT PRIMARY KEY)');
      const folder = join(context.projectDir, 'migrations');
      await mkdir(folder);
      for (const { name, code, text } of reachingScripts) {
        await writeFile(join(folder, '001_reach.sql'), text);
        const rehearsed = await failureOf(rehearse(context, folder));
        expect(errors[code], name).toContain(rehearsed.code);
        const live = await failureOf(migrate(context, target, { '001_reach.sql': text }));
        expect([live.code, live.exitCode], name).toEqual([rehearsed.code, 3]);
      }
      expect(await eyes.rows('SHOW TABLES')).toBe('a');
      expect(await eyes.rows('SHOW TABLES FROM neighbour')).toBe('precious');
      eyes.session.destroy();
    },
  );

  /** A throwaway server with the database that scripts belong to, where no neighbour is. */
  const withCopy = <T>(work: (throwaway: Throwaway) => Promise<T>): Promise<T> =>
    withThrowaway(
      testContext(),
      server.programs,
      async (throwaway) => {
        await withSession(testContext(), throwaway.target('mysql'), async (session) => {
          await session.run('CREATE DATABASE app');
          await session.run('CREATE TABLE app.a (id INT PRIMARY KEY, v INT)');
        });
        return work(throwaway);
      },
      { countsRefusals: true },
    );

  const rehearsed = (texts: Readonly<Record<string, string>>): Promise<DryRunResult> =>
    withCopy(async (throwaway) => {
      const first = { '001_first.sql': 'DO 1;' };
      await migrate(testContext(), throwaway.target('app'), first);
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: '' });
      const manifest = { database: { name: 'app' } } as Parameters<typeof dryRun>[1]['manifest'];
      return dryRun(context, { throwaway, manifest, migrations: migrationsOf({ ...first, ...texts }) });
    });

  const hidden = hiddenScripts.filter(({ flavour }) => flavour === undefined || flavour === server.flavour);

  test('is refused by the server of the copy where its text does not tell', async () => {
    await withCopy(async (throwaway) => {
      const copy = await confine(testContext(), throwaway, 'app', undefined);
      await withSession(testContext(), copy.overseer, async (eyes) => {
        for (const { name, text, code } of hidden) {
          const before = await denialsOf(eyes);
          const errno = await withSession(testContext(), copy.scripts, (session) => errorOf(session, text));
          expect(isDenied(errno), name).toBe(code === 'dry-run-denied');
          expect(await denialsOf(eyes), name).toBeGreaterThan(before);
          await eyes.run('DROP PROCEDURE IF EXISTS hidden');
        }
      });
    });
  });

  /** Runs a script as far as it goes; the server's error, if it ended with one. */
  async function errorOf(session: Session, text: string): Promise<number | undefined> {
    try {
      for (const statement of splitStatements(text, { file: 'x.sql', flavour: server.flavour }))
        await session.run(statement.text);
    } catch (error) {
      return sqlErrorOf(error)?.errno;
    }
    return undefined;
  }

  // One of each that ends in another way.
  test.each([...new Map(hidden.map((script) => [script.code, script])).values()])(
    'is not rehearsed then: $code',
    async ({ text, code }) => {
      const failure = await failureOf(rehearsed({ '002_reach.sql': text }));
      expect(failure).toMatchObject({ code, exitCode: 3, state: 'The live database was not touched.' });
      expect(failure.message).toContain('002_reach.sql');
    },
  );

  test('unlike those that stay in it', async () => {
    const texts = harmlessScripts.map((text, at): [string, string] => [`${100 + at}_harmless.sql`, text]);
    const { migrations } = await rehearsed(Object.fromEntries(texts));
    expect(migrations).toHaveLength(harmlessScripts.length);
  });
});
