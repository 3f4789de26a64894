import type { Session } from './session/session.ts';

/** A table or view of another database that a view of this one reads: what it is called and its columns, none of its rows. */
export interface OutsideTable {
  readonly schema: string;
  readonly name: string;
  readonly isView: boolean;
  readonly columns: readonly OutsideColumn[];
}

interface OutsideColumn {
  readonly name: string;
  /** As the server writes it: `varchar(20)`, `enum('a','b')`. */
  readonly type: string;
  /** Null where the type has none. */
  readonly collation: string | null;
}

/** Every server has these. */
const ofServers: readonly string[] = ['information_schema', 'performance_schema', 'mysql', 'sys'];

/**
 * Reads which tables of other databases the views of this one read. A server without them does not make such views (1146,
 * 1049).
 */
export async function readOutsideTables(session: Session, database: string): Promise<OutsideTable[]> {
  const views = await session.rows(
    'SELECT VIEW_DEFINITION AS text FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const pairs = views.flatMap(({ text }) => pairsIn(typeof text === 'string' ? text : ''));
  const schemas = await session.rows('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA');
  const others = new Set(schemas.map(({ name }) => String(name)).filter((name) => name !== database));
  for (const name of ofServers) others.delete(name);
  // An alias and a column look like a database and a table: few are left that have to be looked for.
  const named = new Map(
    pairs
      .filter(([schema]) => others.has(schema))
      .map(([schema, name]) => [JSON.stringify([schema, name]), { schema, name }]),
  );
  const found: OutsideTable[] = [];
  for (const { schema, name } of named.values()) {
    const columns = await session.rows(
      `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, COLLATION_NAME AS collation FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
      [schema, name],
    );
    if (columns.length === 0) continue;
    const [view] = await session.rows(
      'SELECT 1 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
      [schema, name],
    );
    found.push({ schema, name, isView: view !== undefined, columns: columns.map(columnOf) });
  }
  return found;
}

const columnOf = (row: Readonly<Record<string, unknown>>): OutsideColumn => ({
  name: String(row['name']),
  type: String(row['type']),
  collation: typeof row['collation'] === 'string' ? row['collation'] : null,
});

const quoted = '`((?:[^`]|``)+)`';
// Ahead: of three names in a row each two are wanted.
const pair = new RegExp(`${quoted}(?=\\.${quoted})`, 'g');

/** Every two names with a point between them in the text that a server gives of a view, where all names are quoted: pure. */
export const pairsIn = (text: string): (readonly [first: string, second: string])[] =>
  [...text.matchAll(pair)].map(([, first = '', second = '']) => [unquoted(first), unquoted(second)]);

const unquoted = (name: string): string => name.replaceAll('``', '`');
