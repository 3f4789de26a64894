import { quoteName } from '../database/quote.ts';
import type { Row, Session } from '../database/session.ts';

/** A column that is new in a table, and in how many rows something was put into it. */
export interface FilledColumn {
  readonly column: string;
  readonly rows: number;
}

/**
 * Counts what was put into columns that only the newer of two tables has: of rows that both have, nothing else tells it.
 *
 * @param table the newer table, quoted, with its database
 * @param columns as information_schema.COLUMNS tells of them: name, nullable, standard, extra
 */
export async function filledColumns(
  session: Session,
  table: string,
  columns: { readonly older: readonly Row[]; readonly newer: readonly Row[] },
): Promise<FilledColumn[]> {
  const older = new Set(columns.older.map(({ name }) => String(name)));
  const added = columns.newer
    .map(newColumn)
    .filter((column) => !older.has(column.name) && isPutThere(column));
  if (added.length === 0) return [];
  const counts = added.map((column, index) => `COALESCE(SUM(${isFilled(column)}), 0) AS filled_${index}`);
  const [row] = await session.rows(`SELECT ${counts.join(', ')} FROM ${table}`);
  return added
    .map(({ name }, index) => ({ column: name, rows: Number(row?.[`filled_${index}`]) }))
    .filter(({ rows }) => rows > 0);
}

interface NewColumn {
  readonly name: string;
  readonly isNullable: boolean;
  /** Its default as text; null where it has none, or NULL. */
  readonly default: string | null;
  /** Says of a default that it is computed, and of generated columns and counters what they are. */
  readonly extra: string;
}

function newColumn({ name, nullable, standard, extra }: Row): NewColumn {
  // MariaDB says of a column without a default that it is NULL.
  const text = typeof standard === 'string' && standard !== 'NULL' ? standard : null;
  return { name: String(name), isNullable: nullable === 'YES', default: text, extra: String(extra) };
}

/** Nobody puts anything into generated columns and counters. */
const isPutThere = ({ extra }: NewColumn): boolean =>
  !/auto_increment|virtual generated|stored generated|persistent|invisible system/i.test(extra);

function isFilled(column: NewColumn): string {
  const name = quoteName(column.name);
  if (column.default === null && column.isNullable) return `${name} IS NOT NULL`;
  // An ALTER TABLE fills what has no default with the empty value of the type: '', 0, 0000-00-00.
  if (column.default === null) return `CAST(${name} AS CHAR) REGEXP '[^0 :.-]'`;
  // MySQL computes DEFAULT(column) for constants alone (error 3773).
  if (/default_generated|current_timestamp|\(/i.test(`${column.extra} ${column.default}`))
    return `${name} IS NOT NULL`;
  return `NOT (${name} <=> DEFAULT(${name}))`;
}
