import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { withSession, type Row } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { likenessFor } from '../../../scripts/server/server-options.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { testContext } from '../../helpers/context.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';
import { restoreDatabase } from '../../helpers/restore-database.ts';

/** What a server keeps of times, computed in the zone of whoever wrote the row. */
const schema = (flavour: string): readonly string[] => [
  `CREATE TABLE visits (id INT PRIMARY KEY, at TIMESTAMP NULL, n INT,
     day DATE GENERATED ALWAYS AS (DATE(at)) STORED, shown DATE GENERATED ALWAYS AS (DATE(at)) VIRTUAL,
     twice INT GENERATED ALWAYS AS (n * 2) STORED, KEY by_day (day), KEY by_shown (shown))`,
  "INSERT INTO visits (id, at, n) VALUES (1, '2026-01-02 03:00:00', 1), (2, '2026-07-02 22:00:00', 2), (3, NULL, 3)",
  ...(flavour === 'mysql'
    ? [
        `CREATE TABLE hours (id INT PRIMARY KEY, at TIMESTAMP NULL, unix INT, KEY by_hour ((HOUR(at))),
           text VARCHAR(10) GENERATED ALWAYS AS (FROM_UNIXTIME(unix, '%Y-%m-%d')) STORED)`,
        "INSERT INTO hours (id, at, unix) VALUES (1, '2026-01-02 03:00:00', 1767290400)",
      ]
    : []),
];

describe.each(everyServer)('on $name, in a time zone that is not UTC,', (server) => {
  const running = useServer(server);

  test.each(['+09:00', '-03:30'])(
    '%s: what is kept of times comes back, in the copy and live',
    async (zone) => {
      const admin = await running().adminSession();
      await admin.run(`SET GLOBAL time_zone = '${zone}'`);
      try {
        const database = await running().createDatabase();
        await withSession(
          testContext(),
          running().target(database),
          async (session) => {
            for (const statement of schema(server.flavour)) await session.run(statement);
          },
          { state: 'client' },
        );
        const look = async (target: Target): Promise<Row[][]> =>
          withSession(testContext(), target, async (session) => {
            await session.run(`SET time_zone = '${zone}'`);
            const queries = [
              'SELECT * FROM visits ORDER BY id',
              "SELECT id FROM visits FORCE INDEX (by_shown) WHERE shown = '2026-01-02'",
              "SELECT id FROM visits FORCE INDEX (by_day) WHERE day = '2026-01-02'",
              ...(server.flavour === 'mysql'
                ? ['SELECT * FROM hours', 'SELECT id FROM hours WHERE HOUR(at) = 3']
                : []),
            ];
            const found: Row[][] = [];
            for (const sql of queries) found.push(await session.rows(sql));
            return found;
          });
        const live = running().target(database);
        const before = await look(live);
        expect(before[1]).toEqual([{ id: 1 }]);

        const context = running().context({ DB_NAME: database });
        const backup = await takeBackup(context);
        const warned = context.events.filter((event) => 'note' in event && event.note === 'zoned-by-hand');
        expect(warned).toMatchObject([{ facts: { timeZone: zone } }]);
        expect(context.events).not.toContainEqual(expect.objectContaining({ note: 'zoned-otherwise' }));
        await withThrowaway(
          context,
          server.programs,
          async (throwaway) => {
            await proveBackup(context, backup, throwaway);
            expect(await look(throwaway.target(database))).toEqual(before);
          },
          likenessFor(backup.manifest.database),
        );

        await runAll(running(), database, ['UPDATE visits SET n = 9']);
        await restoreDatabase(context, backup, live);
        expect(await look(live)).toEqual(before);
      } finally {
        await admin.run("SET GLOBAL time_zone = 'SYSTEM'");
      }
    },
  );

  test('rows that were written in another zone than the server’s are warned of by column', async () => {
    const database = await running().createDatabase();
    await runAll(running(), database, [
      "SET time_zone = '+09:00'",
      ...schema(server.flavour),
      "SET time_zone = '-09:00'",
      "INSERT INTO visits (id, at, n) VALUES (4, '2026-01-02 23:00:00', 1)",
    ]);
    const context = running().context({ DB_NAME: database });
    await takeBackup(context);
    const warned = context.events.filter((event) => 'note' in event && event.note === 'zoned-otherwise');
    expect(warned).toHaveLength(1);
    expect(JSON.stringify(warned)).toContain('"table":"visits","column":"day"');
    expect(JSON.stringify(warned)).not.toContain('twice');
  });
});
