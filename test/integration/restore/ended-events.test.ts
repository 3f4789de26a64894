import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { compareWithDatabase, differencesFromBackup } from '../../../scripts/restore/compare.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { isRestored, learnRestore } from '../../../scripts/restore/restore-database.ts';
import { restoreInto } from '../../../scripts/restore/restore-into.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import type { TestContext } from '../../helpers/context.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { runAll } from '../backup/everything.ts';
import { restoreDatabase } from '../../helpers/restore-database.ts';

/** Every kind of event that ends, as it is made; what a server makes of it once its end has passed. */
const kinds = {
  once: [`AT '2020-01-02 00:00:00' ON COMPLETION NOT PRESERVE`, 'gone'],
  once_disabled: [`AT '2020-01-02 00:00:00' ON COMPLETION NOT PRESERVE DISABLE`, 'gone'],
  once_kept: [`AT '2020-01-02 00:00:00' ON COMPLETION PRESERVE COMMENT 'it''s; mine'`, 'disabled'],
  until: [`EVERY 1 HOUR STARTS '2020-01-01 12:00:00' ENDS '2020-01-02 00:00:00'`, 'gone'],
  until_kept: [
    `EVERY '1:30' HOUR_MINUTE STARTS '2020-01-01 12:00:00' ENDS '2020-01-02 00:00:00' ON COMPLETION PRESERVE`,
    'disabled',
  ],
} as const;

/** A server takes an event whose time has passed for its clock, but not for the session's. */
const before = `SET timestamp = UNIX_TIMESTAMP('2020-01-01 00:00:00')`;
const create = ([name, [schedule]]: [string, readonly [string, string]]): string =>
  `CREATE EVENT ${name} ON SCHEDULE ${schedule} DO INSERT INTO log VALUES (1)`;

const notes = (context: TestContext): unknown[] =>
  context.events.flatMap((event) =>
    event.type === 'note' && event.note === 'events-ended' ? [event.facts] : [],
  );

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);
  const database = async (events: readonly string[]): Promise<{ name: string; context: TestContext }> => {
    const name = await running().createDatabase();
    await runAll(running(), name, [
      'CREATE TABLE log (id INT)',
      `CREATE EVENT ever ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 00:00:00' DO INSERT INTO log VALUES (2)`,
      before,
      ...events,
    ]);
    return { name, context: running().context({ DB_NAME: name }) };
  };

  test.each(['SYSTEM', '+05:30'])(
    'a backup of every kind of event whose time has passed, in the time zone %s, is proven and restored with a note',
    async (zone) => {
      const all = Object.entries(kinds);
      const { name, context } = await database([`SET time_zone = '${zone}'`, ...all.map(create)]);
      const backup = await takeBackup(context);
      const names = Object.keys(kinds).sort();
      await withThrowaway(context, server.programs, (throwaway) => proveBackup(context, backup, throwaway));
      expect(notes(context)).toEqual([{ database: name, events: names }]);

      // As the live server's scheduler leaves them.
      await runAll(running(), name, [
        ...all.map(([event, [, becomes]]) =>
          becomes === 'gone' ? `DROP EVENT ${event}` : `ALTER EVENT ${event} DISABLE`,
        ),
      ]);
      const target = running().target(name);
      expect(await compareWithDatabase(context, backup, target)).toEqual([]);
      expect(isRestored(await learnRestore(context, backup, target))).toBe(true);

      // Something else of the events is put back, and that is all that can be.
      await runAll(running(), name, ['DROP EVENT ever']);
      expect(isRestored(await restoreDatabase(context, backup, target))).toBe(false);
      expect(await compareWithDatabase(context, backup, target)).toEqual([]);
      const into = { ...target, database: `${name}_into` };
      await restoreInto(context, backup, into, 'keep');
      expect(await compareWithDatabase(context, backup, into)).toEqual([]);
    },
  );

  test.each(
    Object.entries(kinds).map(([name, [schedule]]) => [name, schedule.replaceAll(/2020-01-0/g, '2036-01-0')]),
  )('of %s, nothing is forgiven before its time has passed, and it comes back', async (name, schedule) => {
    const { name: db, context } = await database([
      'SET timestamp = DEFAULT',
      `CREATE EVENT ${name} ON SCHEDULE ${schedule} DO INSERT INTO log VALUES (1)`,
    ]);
    const backup = await takeBackup(context);
    const target = running().target(db);
    await runAll(running(), db, [`DROP EVENT ${name}`]);
    expect(await compareWithDatabase(context, backup, target)).toEqual(['events']);
    await restoreDatabase(context, backup, target);
    expect(await compareWithDatabase(context, backup, target)).toEqual([]);
    expect(notes(context)).toEqual([]);
  });

  test('an event whose time has passed, and that the backup does not have, is a difference', async () => {
    const { name, context } = await database([]);
    const backup = await takeBackup(context);
    await runAll(running(), name, [before, create(['once', kinds.once])]);
    const { differences } = await differencesFromBackup(context, backup, running().target(name));
    expect(differences.map(({ id }) => id.kind)).toEqual(['events']);
  });
});
