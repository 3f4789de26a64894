import type { Session } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import type { Flavour } from '../sql/flavour.ts';
import { quoteName } from '../sql/quote.ts';

/**
 * Why a value is not the same after a dump and a load, by any program that writes what the server prints (measured on
 * MariaDB 10.11 and 11.8 and MySQL 9.7).
 *
 * - `rounded`: a FLOAT keeps 24 bits, and the server prints six digits of it. The next dump prints the same six: that it is
 *   equal does not show it.
 * - `minus-zero`: a negative zero is printed as `-0`, which is read as an integer, and those have one zero.
 * - `json-number`: MySQL keeps a DECIMAL within JSON and prints `7.50`, which is read as the DOUBLE `7.5`.
 */
export type Fragility = 'rounded' | 'minus-zero' | 'json-number';

/** A column with such values. */
export interface FragileColumn {
  readonly table: string;
  readonly column: string;
  readonly why: Fragility;
  /** How many rows have one. */
  readonly rows: number;
}

const dataTypes: Readonly<Record<Fragility, readonly string[]>> = {
  rounded: ['float'],
  'minus-zero': ['float', 'double'],
  // MariaDB's JSON is text, and stays as it was written.
  'json-number': ['json'],
};

/** The condition that such a value of a column fulfils: pure. */
export function fragileCondition(why: Fragility, column: string): string {
  const name = quoteName(column);
  switch (why) {
    case 'rounded':
      return `CAST(CONCAT(${name}) AS FLOAT) <> ${name}`;
    case 'minus-zero':
      return `${name} = 0 AND CONCAT(${name}) LIKE '-%'`;
    case 'json-number':
      return `CAST(CAST(CAST(${name} AS CHAR) AS JSON) AS CHAR) <> CAST(${name} AS CHAR)`;
  }
}

/**
 * Looks for values that do not survive a dump. It reads every row of the tables that have a column of such a type, and no
 * other table.
 *
 * @param tables only these; every table of the database where they are not given
 */
export async function findFragileValues(
  session: Session,
  database: string,
  reasons: readonly Fragility[],
  tables?: readonly string[],
): Promise<FragileColumn[]> {
  const found: FragileColumn[] = [];
  for (const [table, checks] of await checksByTable(session, database, reasons)) {
    if (tables !== undefined && !tables.includes(table)) continue;
    const sums = checks.map(({ column, why }, at) => `SUM(${fragileCondition(why, column)}) AS c${at}`);
    const sql = `SELECT ${sums.join(', ')} FROM ${quoteName(database)}.${quoteName(table)}`;
    const [counts = {}] = await session.rows(sql).catch(withoutFloatCast);
    for (const [at, { column, why }] of checks.entries()) {
      const rows = Number(counts[`c${at}`] ?? 0);
      if (rows > 0) found.push({ table, column, why, rows });
    }
  }
  return found;
}

type Check = Pick<FragileColumn, 'column' | 'why'>;

async function checksByTable(
  session: Session,
  database: string,
  reasons: readonly Fragility[],
): Promise<Map<string, Check[]>> {
  const columns = await session.rows(
    `SELECT c.TABLE_NAME AS name, c.COLUMN_NAME AS col, c.DATA_TYPE AS type
     FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
       ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
     WHERE c.TABLE_SCHEMA = ? AND t.TABLE_TYPE <> 'VIEW' AND c.DATA_TYPE IN ('float', 'double', 'json')
       AND c.EXTRA NOT LIKE '% GENERATED%' ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
    [database],
  );
  const checks = new Map<string, Check[]>();
  for (const { name, col, type } of columns) {
    const table = String(name);
    for (const why of reasons.filter((reason) => dataTypes[reason].includes(String(type).toLowerCase())))
      checks.set(table, [...(checks.get(table) ?? []), { column: String(col), why }]);
  }
  return checks;
}

/** Servers before MySQL 8.0.17 and MariaDB 10.6 cannot be asked: `CAST … AS FLOAT` is a syntax error there (1064). */
function withoutFloatCast(error: unknown): [] {
  if (sqlErrorOf(error)?.errno === 1064) return [];
  throw error;
}

/** Which of these a server of a flavour can have. */
export const fragilitiesOf = (flavour: Flavour): readonly Fragility[] =>
  flavour === 'mysql' ? ['minus-zero', 'json-number'] : ['minus-zero'];
