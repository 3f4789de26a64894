import * as v from 'valibot';
import { refused } from '../../core/errors.ts';
import type { Session } from '../../database/session/session.ts';
import { quoteName } from '../../sql/quote.ts';
import { acceptedColumn } from '../accepted.ts';
import type { LedgerRow } from '../migration.ts';
import { byVersion, isScriptVersion } from '../version.ts';

/** The name of the table in the live database that says which scripts have run. */
export const ledgerTable = 'schema_versions';

const columns = [
  'version',
  'name',
  'checksum',
  'state',
  'statements',
  'statements_done',
  'done_hash',
  'in_flight',
  'connection_id',
  'error',
  'started_at',
  'finished_at',
  'duration_ms',
  'applied_by',
  'run_id',
] as const;

/** Whether a table with these columns is a ledger of ours; it may have more of them. Pure. */
export const isLedgerShape = (names: Iterable<string>): boolean => missingFrom(new Set(names)).length === 0;

const missingFrom = (names: ReadonlySet<string>): string[] => columns.filter((name) => !names.has(name));

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

const inFlight = v.nullish(
  v.pipe(
    v.string(),
    v.regex(/^\d+:[0-9a-f]{64}$/),
    v.transform((text) => {
      const [number = '', hash = ''] = text.split(':');
      return { number: Number(number), hash };
    }),
  ),
);

const count = v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(0));
const optionalText = v.nullish(v.pipe(v.union([v.string(), v.number()]), v.transform(String)));

const row = v.object({
  version: v.pipe(v.string(), v.check(isScriptVersion, 'not a version')),
  name: v.string(),
  checksum: v.string(),
  state: v.picklist(['applying', 'applied', 'failed']),
  statements: count,
  statements_done: count,
  done_hash: v.string(),
  in_flight: inFlight,
  connection_id: optionalText,
  error: v.nullish(v.string()),
  started_at: v.string(),
  finished_at: v.nullish(v.string()),
  duration_ms: v.nullish(count),
  applied_by: v.string(),
  run_id: v.string(),
  note: v.nullish(v.string()),
  accepted: acceptedColumn,
});

/**
 * Reads the ledger of the database that the session is in, in the order of versions; empty where there is none.
 *
 * @throws MajError `ledger-foreign` for a table of another shape; `ledger-unreadable` for a row that is not ours
 */
export async function readLedger(session: Session): Promise<LedgerRow[]> {
  if (!(await isLedgerThere(session))) return [];
  const rows = await session.rows(`SELECT * FROM ${ledgerTable}`);
  return rows.map(parseRow).sort(byVersion);
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

function parseRow(found: Record<string, unknown>): LedgerRow {
  const parsed = v.safeParse(row, found);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw refused('ledger-unreadable', {
      table: ledgerTable,
      version: String(found['version']),
      column: v.getDotPath(issue) ?? '',
      reason: issue.message,
    });
  }
  const read = parsed.output;
  return {
    version: read.version,
    name: read.name,
    checksum: read.checksum,
    state: read.state,
    statements: read.statements,
    statementsDone: read.statements_done,
    doneHash: read.done_hash,
    inFlight: read.in_flight ?? undefined,
    connectionId: read.connection_id ?? undefined,
    error: read.error ?? undefined,
    startedAt: read.started_at,
    finishedAt: read.finished_at ?? undefined,
    durationMs: read.duration_ms ?? undefined,
    appliedBy: read.applied_by,
    runId: read.run_id,
    note: read.note ?? undefined,
    accepted: read.accepted ?? [],
  };
}
