import type { OutsideTable } from '../database/outside-tables.ts';
import type { Session } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import { quoteName } from '../sql/quote.ts';

/**
 * Makes empty tables and views in the place of those on a throwaway server, so that the views can be made there. One that this
 * server cannot have is left out: then the view says what it lacks.
 */
export async function makeStandIns(session: Session, tables: readonly OutsideTable[]): Promise<void> {
  for (const [index, { schema, name, isView, columns }] of tables.entries()) {
    const within = (object: string): string => `${quoteName(schema)}.${quoteName(object)}`;
    // MySQL (9.7) writes what is read of a view otherwise than what is read of a table.
    const table = within(isView ? `maj_stands_in_${index}` : name);
    const list = columns.map(
      ({ name: column, type, collation }) =>
        `${quoteName(column)} ${type}${collation === null ? '' : ` COLLATE ${collation}`}`,
    );
    try {
      await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(schema)}`);
      await session.run(`CREATE TABLE IF NOT EXISTS ${table} (${list.join(', ')})`);
      if (isView) await session.run(`CREATE OR REPLACE VIEW ${within(name)} AS SELECT * FROM ${table}`);
    } catch (error) {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
    }
  }
}
