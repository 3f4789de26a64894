import type { Flavour } from '../database/flavour.ts';
import { quoteName } from '../database/quote.ts';
import type { Row, Session } from '../database/session.ts';
import { MajError } from '../errors.ts';

/** A column that is new in a table, and in how many rows something was put into it. */
export interface FilledColumn {
  readonly column: string;
  readonly rows: number;
}

/**
 * Counts what was put into columns that only the newer of two tables has: of rows that both have, nothing else tells it.
 *
 * @param table the newer table, quoted, with its database
 * @param columns as information_schema.COLUMNS tells of them: name, type, nullable, standard, extra
 */
export async function filledColumns(
  session: Session,
  table: string,
  columns: { readonly older: readonly Row[]; readonly newer: readonly Row[] },
): Promise<FilledColumn[]> {
  const older = new Set(columns.older.map(({ name }) => String(name)));
  const added = columns.newer.map(newColumn).filter((column) => !older.has(column.name));
  const told = added.flatMap((column) => {
    const condition = isFilled(column, session.server.flavour);
    return condition === undefined ? [] : [{ column: column.name, condition }];
  });
  if (told.length === 0) return [];
  const counts = told.map(({ condition }, index) => `COALESCE(SUM(${condition}), 0) AS filled_${index}`);
  try {
    const [row] = await session.rows(`SELECT ${counts.join(', ')} FROM ${table}`);
    return told
      .map(({ column }, index) => ({ column, rows: Number(row?.[`filled_${index}`]) }))
      .filter(({ rows }) => rows > 0);
  } catch (error) {
    // A type that cannot be asked so must not stand in the way back.
    if (error instanceof MajError) return [];
    throw error;
  }
}

/** A column that is new in a table. */
export interface NewColumn {
  readonly name: string;
  readonly isNullable: boolean;
  /** The type without its length, such as `varchar`. */
  readonly type: string;
  /** Its default as text; null where it has none, or NULL. */
  readonly default: string | null;
  /** Says of a default that it is computed, and of generated columns and counters what they are. */
  readonly extra: string;
}

function newColumn({ name, nullable, type, standard, extra }: Row): NewColumn {
  // MariaDB says of a column without a default that it is NULL.
  const text = typeof standard === 'string' && standard !== 'NULL' ? standard : null;
  return {
    name: String(name),
    isNullable: nullable === 'YES',
    type: String(type),
    default: text,
    extra: String(extra),
  };
}

/**
 * The condition that something was put into a column; undefined where it cannot be told: generated columns and counters,
 * and those that were filled by a computed default. Pure.
 */
export function isFilled(column: NewColumn, flavour: Flavour): string | undefined {
  const name = quoteName(column.name);
  if (/auto_increment|virtual|stored|persistent|invisible system/i.test(column.extra)) return undefined;
  if (column.default === null)
    return column.isNullable ? `${name} IS NOT NULL` : isNotEmpty(name, column.type);
  // MariaDB shows a constant in quotes or as a number, MySQL as it is, and of what is computed says so.
  const isConstant =
    flavour === 'mariadb' ? /^(?:'|-?\d)/.test(column.default) : !/default_generated/i.test(column.extra);
  return isConstant ? `NOT (${name} <=> DEFAULT(${name}))` : undefined;
}

/** An ALTER TABLE fills a NOT NULL column that has no default with the empty value of its type. */
function isNotEmpty(name: string, type: string): string | undefined {
  if (/^(?:(?:tiny|small|medium|big)?int|decimal|float|double|year)$/i.test(type)) return `${name} <> 0`;
  if (/^(?:char|varchar|(?:tiny|medium|long)?text)$/i.test(type)) return `${name} <> ''`;
  if (/^(?:date|datetime|timestamp|time)$/i.test(type)) return `CAST(${name} AS CHAR) REGEXP '[1-9]'`;
  // The first of its members.
  return /^enum$/i.test(type) ? `${name} + 0 <> 1` : undefined;
}
