import { readInventory } from '../../../../scripts/database/inventory.ts';
import type { Session } from '../../../../scripts/database/session/session.ts';
import { quoteName } from '../../../../scripts/sql/quote.ts';

/** Does to a database what a failed release may do: some of everything is dropped, emptied, altered or added. */
export async function damage(admin: Session, database: string): Promise<void> {
  const { tables, views, triggers, routines, events, sequences } = await readInventory(admin, database);
  await admin.run(`USE ${quoteName(database)}`);
  // A default of zero dates is invalid in the server's own mode.
  await admin.run("SET foreign_key_checks = 0, sql_mode = ''");
  const half = <T>(items: readonly T[]): T[] => items.filter((_item, at) => at % 2 === 0);
  for (const name of half(events)) await admin.run(`DROP EVENT ${quoteName(name)}`);
  for (const name of half(triggers)) await admin.run(`DROP TRIGGER ${quoteName(name)}`);
  for (const name of half(views)) await admin.run(`DROP VIEW ${quoteName(name)}`);
  // MariaDB 10.11 knows packages in this mode only.
  if (routines.some(({ kind }) => kind === 'PACKAGE')) await admin.run("SET sql_mode = 'ORACLE'");
  for (const { name, kind } of half(routines)) await admin.run(`DROP ${kind} IF EXISTS ${quoteName(name)}`);
  await admin.run("SET sql_mode = ''");
  for (const [turn, change] of tableDamages.entries())
    for (const [at, { name }] of tables.entries())
      if (at % (tableDamages.length + 1) === turn) await admin.run(change(quoteName(name)));
  for (const name of half(sequences)) await admin.run(`DROP SEQUENCE ${quoteName(name)}`);
  await admin.run('CREATE TABLE `added by the release` (id INT PRIMARY KEY)');
  await admin.run('CREATE VIEW `added view` AS SELECT * FROM `added by the release`');
  await admin.run('CREATE FUNCTION `added function`() RETURNS INT DETERMINISTIC RETURN 1');
  await admin.run('SET foreign_key_checks = 1, sql_mode = DEFAULT');
}

/** One for each table, in turn, and none for the last; rows go while the tables that triggers write to are there. */
const tableDamages: readonly ((table: string) => string)[] = [
  (table) => `DELETE FROM ${table}`,
  (table) => `ALTER TABLE ${table} COMMENT = 'altered'`,
  (table) =>
    `CREATE TRIGGER ${quoteName(`added to ${table}`.slice(0, 60))} BEFORE INSERT ON ${table} FOR EACH ROW SET @added = 1`,
  (table) => `DROP TABLE ${table}`,
];
