import { refused } from '../../core/errors.ts';
import type { Session } from '../../database/session/session.ts';
import { quoteName } from '../../sql/quote.ts';
import { byVersion } from '../script-names.ts';
import { missingFrom, parseRow, type LedgerRow } from './columns.ts';

/** The name of the table in the live database that says which scripts have run. */
export const ledgerTable = 'schema_versions';

/** Whether a table with these columns is a ledger of ours; it may have more of them. Pure. */
export const isLedgerShape = (names: Iterable<string>): boolean => missingFrom(new Set(names)).length === 0;

/** The names of the columns of the ledger, or of another table, in lower case; none where it is not there. */
export async function ledgerColumns(
  session: Session,
  table: string = ledgerTable,
): Promise<ReadonlySet<string>> {
  const found = await session.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [table],
  );
  return new Set(found.map((column) => String(column['name']).toLowerCase()));
}

/**
 * Whether the database that the session is in has a ledger.
 *
 * @throws MajError `ledger-foreign` when something of that name is there that is not ours
 */
export async function isLedgerThere(session: Session): Promise<boolean> {
  const [table] = await session.rows(
    `SELECT TABLE_TYPE AS type, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${ledgerTable}'`,
  );
  if (table === undefined) return false;
  const names = await ledgerColumns(session);
  const missing = missingFrom(names);
  // Another engine would not commit a checkpoint together with the rows that it stands for.
  const engine = String(table['engine']);
  if (missing.length > 0 || engine !== 'InnoDB' || table['type'] !== 'BASE TABLE')
    throw refused('ledger-foreign', { table: ledgerTable, columns: [...names], missing, engine });
  return true;
}

/**
 * Reads the ledger of the database that the session is in, in the order of versions; empty where there is none.
 *
 * @throws MajError `ledger-foreign` for a table of another shape; `ledger-unreadable` for a row that is not ours
 */
export async function readLedger(session: Session): Promise<LedgerRow[]> {
  if (!(await isLedgerThere(session))) return [];
  const rows = await session.rows(`SELECT * FROM ${ledgerTable}`);
  const read = rows.map((found) => {
    const parsed = parseRow(found);
    if ('row' in parsed) return parsed.row;
    throw refused('ledger-unreadable', { table: ledgerTable, version: String(found['version']), ...parsed });
  });
  return read.sort(byVersion);
}

/** How far a script has come for good. */
export interface LedgerProgress {
  /** Statements that are done. */
  readonly done: number;
  /** The number of the one that may have been applied or not; 0: none. */
  readonly inFlight: number;
}

/**
 * A table of the ledger, as every session of the database names it. In another charset a name with other letters is that
 * of another database: a script cannot leave its own, so that it need not be named.
 */
export const ledgerPlace = (database: string, table: string): string =>
  /^[\w-]+$/.test(database) ? `${quoteName(database)}.${quoteName(table)}` : quoteName(table);

/** Reads of one script what is committed; a script may have moved the session into another database. */
export async function readProgress(
  session: Session,
  database: string,
  version: string,
): Promise<LedgerProgress> {
  const [found] = await session.rows(
    `SELECT statements_done AS done, SUBSTRING_INDEX(in_flight, ':', 1) AS flying
     FROM ${ledgerPlace(database, ledgerTable)} WHERE version = '${version}'`,
  );
  return { done: Number(found?.['done'] ?? 0), inFlight: Number(found?.['flying'] ?? 0) };
}
