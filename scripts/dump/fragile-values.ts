import type { Session } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import { traits, type Flavour } from '../sql/flavour.ts';
import { fragileCondition, type Fragility } from '../sql/fragile-condition.ts';
import { quoteName } from '../sql/quote.ts';

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
  'json-number': ['json'],
};

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
  traits.hasJsonType[flavour] ? ['minus-zero', 'json-number'] : ['minus-zero'];
