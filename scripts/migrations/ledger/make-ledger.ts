import { reasonOf, refused } from '../../core/errors.ts';
import type { Session } from '../../database/session/session.ts';
import { sqlErrorOf } from '../../database/session/sql-error.ts';
import { noMoreThan } from '../../sql/quote.ts';
import { extrasMissing, type ExtraColumn, type LedgerRow } from './columns.ts';
import { draftTable, LedgerWriteError, writeLedger } from './ledger-write.ts';
import { ledgerColumns, isLedgerShape, isLedgerThere, ledgerTable } from './ledger.ts';

/**
 * Makes the ledger where there is none, and adds the columns that one lacks.
 *
 * @param toKeep the columns that only a ledger has in which there is something to keep
 * @throws MajError `ledger-foreign` when a table of that name has another shape; `ledger-not-written`
 */
export async function ensureLedger(
  session: Session,
  database: string,
  toKeep: readonly ExtraColumn[] = [],
): Promise<void> {
  await orTell(async () => {
    if (!(await isLedgerThere(session))) await writeLedger(session, database, 'create', { draft: false });
    const missing = extrasMissing(toKeep, await ledgerColumns(session));
    if (missing.length > 0) await writeLedger(session, database, 'add-columns', missing);
  });
}

/** What stands where a ledger is to be. */
export interface Ground {
  /** A ledger of ours is there already; it is empty. */
  readonly ledgerThere: boolean;
  /** What one that was cut off has left. */
  readonly draftThere: boolean;
  /** A table that has the ledger's name, and the one that it gets. */
  readonly room?: { readonly table: string; readonly to: string } | undefined;
}

/**
 * Makes a ledger that holds scripts as applied. At any moment there is either the whole of it or none: an empty one would
 * say that every script is still to run.
 *
 * @throws LedgerWriteError
 */
export async function fillLedger(
  session: Session,
  database: string,
  ground: Ground,
  rows: readonly LedgerRow[],
): Promise<void> {
  // The application may hold the old table open in a transaction: better to be told than to wait for hours.
  await session.run(`SET SESSION lock_wait_timeout = ${noMoreThan('lock_wait_timeout', 10)}`);
  if (ground.ledgerThere) {
    await ensureLedger(session, database);
    await insertAll(session, database, false, rows);
    return;
  }
  if (ground.draftThere) await writeLedger(session, database, 'drop-draft');
  await writeLedger(session, database, 'create', { draft: true });
  await insertAll(session, database, true, rows);
  await writeLedger(session, database, 'put-in-place', ground.room);
}

async function insertAll(
  session: Session,
  database: string,
  draft: boolean,
  rows: readonly LedgerRow[],
): Promise<void> {
  await session.run('START TRANSACTION');
  for (const row of rows) await writeLedger(session, database, 'insert', { draft }, row);
  await writeLedger(session, database, 'commit');
}

/**
 * Does a piece of work that runs nothing of a script.
 *
 * @throws MajError `ledger-not-written` when a write of the ledger fails in it
 */
export async function orTell<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LedgerWriteError)) throw error;
    const reason = sqlErrorOf(error.cause);
    const told = reason?.message ?? reasonOf(error.cause);
    const facts = { table: ledgerTable, reason: told, lost: reason?.errno === undefined };
    throw refused('ledger-not-written', facts, { cause: error });
  }
}

/**
 * Whether an adoption or a baseline that was cut off has left its draft.
 *
 * @throws MajError `adopt-name-taken` for another table of that name
 */
export async function isDraftThere(session: Session): Promise<boolean> {
  const names = await ledgerColumns(session, draftTable);
  if (names.size === 0) return false;
  if (!isLedgerShape(names)) throw refused('adopt-name-taken', { table: draftTable, purpose: 'draft' });
  return true;
}
