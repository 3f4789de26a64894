import { quoteName } from '../database/quote.ts';

/** A table as it is in both of two databases. */
export interface TwoTables {
  readonly table: string;
  /** Columns that both have, in the order of the newer one. */
  readonly columns: readonly string[];
  /** The primary key, where both have the same one; empty otherwise. */
  readonly key: readonly string[];
}

/** The two databases: of the backup, and of now. */
export interface Sides {
  readonly before: string;
  readonly now: string;
}

/**
 * One statement that counts the rows that were added, removed and changed, as `added`, `removed` and `changed`. Values
 * are compared as bytes: a collation would take `É` for `e`, and two columns of other charsets cannot be compared at
 * all. Pure.
 */
export function countingSql({ table, columns, key }: TwoTables, { before, now }: Sides): string {
  const place = (database: string): string => `${quoteName(database)}.${quoteName(table)}`;
  const same = (column: string): string =>
    `CAST(n.${quoteName(column)} AS BINARY) <=> CAST(b.${quoteName(column)} AS BINARY)`;
  const joined = key.map((column) => `n.${quoteName(column)} = b.${quoteName(column)}`).join(' AND ');
  const [first = ''] = key;
  const others = columns.filter((column) => !key.includes(column));
  const differs = others.length === 0 ? 'FALSE' : `NOT (${others.map(same).join(' AND ')})`;
  const missing = (side: 'n' | 'b'): string => `${side}.${quoteName(first)} IS NULL`;
  return `SELECT
    (SELECT COUNT(*) FROM ${place(now)} n LEFT JOIN ${place(before)} b ON ${joined} WHERE ${missing('b')}) AS added,
    (SELECT COUNT(*) FROM ${place(before)} b LEFT JOIN ${place(now)} n ON ${joined} WHERE ${missing('n')}) AS removed,
    (SELECT COUNT(*) FROM ${place(now)} n JOIN ${place(before)} b ON ${joined} WHERE ${differs}) AS changed`;
}
