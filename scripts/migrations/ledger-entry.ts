import { quoteName } from '../database/quote.ts';
import type { Session } from '../database/session.ts';
import type { PendingMigration } from './plan.ts';
import { ledgerTable } from './ledger.ts';
import type { Progress, Statement } from './statement.ts';

/** The row of one script while it runs: what is written to it, and through which connection. */
export interface LedgerEntry {
  /**
   * Writes the row before the work: a new one, or that of the failed run that this one goes on from.
   *
   * @param inFlight the first statement, where it commits by itself
   */
  begin(connectionId: number, progress: Progress, inFlight: Statement | undefined): Promise<void>;
  /** Says: this much is done, and this one is now in flight. */
  checkpoint(session: Session, progress: Progress, inFlight: Statement | undefined): Promise<void>;
  /** The same, with nothing left to do. */
  finish(session: Session, progress: Progress, durationMs: number): Promise<void>;
  /** Says why it stopped; `keepInFlight`: the statement in flight may be applied in part. */
  fail(session: Session, error: string, durationMs: number, keepInFlight: boolean): Promise<void>;
  /** Adds the error to a row whose end is not known. */
  doubt(error: string): Promise<void>;
  /** What the server has of it, once whatever another connection holds open has ended. */
  committed(): Promise<Committed>;
}

/** How far a script has come for good. */
interface Committed {
  /** Statements that are done. */
  readonly done: number;
  /** The number of the one that may have been applied or not; 0: none. */
  readonly inFlight: number;
}

/** Who runs it, for the record. */
export interface Runner {
  readonly runId: string;
  readonly appliedBy: string;
}

/**
 * The row of one script.
 *
 * @param keeper the session that writes whatever the script's own cannot
 * @param statements how many the script has
 */
export function ledgerEntry(
  keeper: Session,
  database: string,
  migration: PendingMigration,
  statements: number,
  runner: Runner,
): LedgerEntry {
  // Qualified, and with nothing but digits and letters as values: a script may have changed its session's settings.
  const table = `${quoteName(database)}.${ledgerTable}`;
  const where = `WHERE version = '${migration.recordedAs}'`;
  /** Where a session writes: in another charset a name with other letters is that of another database. */
  const placeFor = (session: Session): { readonly table: string; readonly where: string } =>
    session === keeper || /^[\w-]+$/.test(database)
      ? { table, where }
      : { table: ledgerTable, where: `${where} AND DATABASE() = ${sqlText(database)}` };
  const doneColumns = ({ done, hash }: Progress, inFlight: Statement | undefined): string =>
    `statements_done = ${done}, done_hash = '${hash}', in_flight = ${
      inFlight === undefined ? 'NULL' : `'${inFlight.number}:${inFlight.hash}'`
    }`;
  // By the server's clock, which is the one to compare with its own start; a script may have set its session's.
  const ended = (durationMs: number): string =>
    `finished_at = started_at + INTERVAL ${Math.round(durationMs * 1000)} MICROSECOND, duration_ms = ${Math.round(durationMs)}`;
  return {
    begin: async (connectionId, progress, inFlight) => {
      const row = `name = ${sqlText(migration.name)}, checksum = '${migration.checksum}', state = 'applying',
         statements = ${statements}, ${doneColumns(progress, inFlight)}, connection_id = ${connectionId},
         error = NULL, started_at = UTC_TIMESTAMP(3), finished_at = NULL, duration_ms = NULL,
         applied_by = ${sqlText(runner.appliedBy)}, run_id = ${sqlText(runner.runId)}`;
      // Its `note` stays: how an earlier run's doubt was settled.
      await keeper.run(
        `INSERT INTO ${table} SET version = '${migration.recordedAs}', ${row} ON DUPLICATE KEY UPDATE ${row}`,
      );
    },
    checkpoint: async (session, progress, inFlight) => {
      const own = placeFor(session);
      await session.run(`UPDATE ${own.table} SET ${doneColumns(progress, inFlight)} ${own.where}`);
    },
    finish: async (session, progress, durationMs) => {
      const own = placeFor(session);
      await session.run(
        `UPDATE ${own.table} SET ${doneColumns(progress, undefined)}, state = 'applied', error = NULL,
         ${ended(durationMs)} ${own.where}`,
      );
    },
    fail: async (session, error, durationMs, keepInFlight) => {
      const own = placeFor(session);
      await session.run(
        `UPDATE ${own.table} SET state = 'failed', error = ${sqlText(error)}, ${ended(durationMs)}${
          keepInFlight ? '' : ', in_flight = NULL'
        } ${own.where} AND state = 'applying'`,
      );
    },
    doubt: async (error) => {
      await keeper.run(`UPDATE ${table} SET error = ${sqlText(error)} ${where} AND state = 'applying'`);
    },
    committed: async () => {
      const [found] = await keeper.rows(
        `SELECT statements_done AS done, SUBSTRING_INDEX(in_flight, ':', 1) AS flying FROM ${table} ${where} FOR UPDATE`,
      );
      return { done: Number(found?.['done'] ?? 0), inFlight: Number(found?.['flying'] ?? 0) };
    },
  };
}

/** A text as a statement that reads the same under every sql_mode and character set of its session. */
export const sqlText = (text: string): string =>
  `CONVERT(X'${Buffer.from(text, 'utf8').toString('hex')}' USING utf8mb4)`;

/** `2026-11-22 10:15:30.123`, UTC. */
export const sqlTime = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', '');
