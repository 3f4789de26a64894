import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session.ts';
import { withThrowaway } from '../../../scripts/database/throwaway.ts';
import { dryRun } from '../../../scripts/migrations/dry-run.ts';
import { rehearse } from '../../../scripts/rehearsal/rehearse.ts';
import { testContext } from '../../helpers/context.ts';
import { harmlessScripts, hiddenScripts, reachingScripts } from '../../helpers/reaching.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrate, scripts } from './helpers.ts';

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

  /** Runs a script on a copy, where no neighbour is. */
  const onCopy = (text: string): Promise<unknown> =>
    withThrowaway(testContext(), server.programs, async (throwaway) => {
      await withSession(testContext(), throwaway.target('mysql'), async (session) => {
        await session.run('CREATE DATABASE app');
        await session.run('CREATE TABLE app.a (id INT PRIMARY KEY, v INT)');
      });
      const first = { '001_first.sql': 'DO 1;' };
      await migrate(testContext(), throwaway.target('app'), first);
      const context = running().context({ DB_NAME: 'app', DB_SQL_MODE: '' });
      const manifest = { database: { name: 'app' } } as Parameters<typeof dryRun>[1]['manifest'];
      return dryRun(context, {
        throwaway,
        manifest,
        migrations: scripts({ ...first, '002_reach.sql': text }),
      });
    });

  test.each(hiddenScripts.filter(({ flavour }) => flavour === undefined || flavour === server.flavour))(
    'is refused by the server of the copy where its text does not tell: $name',
    { timeout: 60_000 },
    async ({ text, code }) => {
      const failure = await failureOf(onCopy(text));
      expect(failure).toMatchObject({ code, exitCode: 3, state: 'The live database was not touched.' });
      expect(failure.message).toContain('002_reach.sql');
    },
  );

  test.each(harmlessScripts)('unlike %s', { timeout: 60_000 }, async (text) => {
    await expect(onCopy(text)).resolves.toBeDefined();
  });
});
