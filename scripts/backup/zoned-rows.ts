import { warn, type Context } from '../context.ts';
import { quoteName, quoteText } from '../database/quote.ts';
import type { Session } from '../database/session.ts';
import { expressionOf, zonedColumns } from './load/definition.ts';

/** A column that the server computed from times in a time zone, and how many rows no load in that zone or in UTC brings back. */
export interface ZonedColumn {
  readonly table: string;
  readonly column: string;
  /** Rows whose value is another one in UTC, in which the vendor's client loads a dump. */
  readonly inUtc: number;
  /** Rows whose value is another one in the server's own zone, in which a restore computes it. */
  readonly inOwnZone: number;
}

/**
 * Warns, by column, of values that were computed from times: a dump of MySQL leaves them out, and that of MariaDB has them
 * in vain. The tables that have such a column are read, and no others.
 */
export async function warnOfZonedRows(
  context: Pick<Context, 'report'>,
  session: Session,
  database: string,
  timeZone: string | undefined,
): Promise<void> {
  const columns = await findZonedRows(session, database, timeZone ?? 'SYSTEM');
  const byHand = columns.filter(({ inUtc }) => inUtc > 0);
  const mixed = columns.filter(({ inOwnZone }) => inOwnZone > 0);
  if (byHand.length > 0) warn(context, 'zoned-by-hand', { columns: byHand, timeZone: timeZone ?? 'SYSTEM' });
  if (mixed.length > 0) warn(context, 'zoned-otherwise', { columns: mixed, timeZone: timeZone ?? 'SYSTEM' });
}

async function findZonedRows(session: Session, database: string, timeZone: string): Promise<ZonedColumn[]> {
  const tables = await session.rows(
    `SELECT DISTINCT c.TABLE_NAME AS name FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
       ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
     WHERE c.TABLE_SCHEMA = ? AND t.TABLE_TYPE <> 'VIEW' AND c.EXTRA LIKE '%STORED GENERATED%' ORDER BY c.TABLE_NAME`,
    [database],
  );
  const found: ZonedColumn[] = [];
  for (const { name } of tables) {
    const table = `${quoteName(database)}.${quoteName(String(name))}`;
    const [shown] = await session.rows(`SHOW CREATE TABLE ${table}`);
    const stored = zonedColumns(String(shown?.['Create Table'])).filter(({ isStored }) => isStored);
    if (stored.length === 0) continue;
    const sums = stored.map(
      (column, at) => `SUM(NOT (${column.name} <=> (${expressionOf(column)}))) AS c${at}`,
    );
    const counted = async (zone: string): Promise<Record<string, unknown>> => {
      await session.run(`SET time_zone = ${quoteText(zone)}`);
      try {
        return (await session.rows(`SELECT ${sums.join(', ')} FROM ${table}`))[0] ?? {};
      } finally {
        await session.run("SET time_zone = '+00:00'");
      }
    };
    const [utc, own] = [await counted('+00:00'), await counted(timeZone)];
    for (const [at, column] of stored.entries()) {
      const [inUtc, inOwnZone] = [Number(utc[`c${at}`] ?? 0), Number(own[`c${at}`] ?? 0)];
      found.push({
        table: String(name),
        column: column.name.slice(1, -1).replaceAll('``', '`'),
        inUtc,
        inOwnZone,
      });
    }
  }
  return found;
}
