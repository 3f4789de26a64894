import type { Session } from '../../database/session/session.ts';
import type { StatementProgress, Statement } from '../../sql/statement.ts';
import type { PendingMigration } from '../migration.ts';
import {
  assignments,
  assignmentsOfRow,
  columnsToAdd,
  columnsToCreate,
  conditions,
  type AcceptedText,
  type ExtraColumn,
  type LedgerRow,
} from './columns.ts';
import { ledgerTable, ledgerPlace, readProgress, type LedgerProgress } from './ledger.ts';

/** A ledger that is being filled has this name until it is whole. */
export const draftTable = `${ledgerTable}_adopting`;

/** A script's row while it is being written before the work; `inFlight`: its first statement, where that commits by itself. */
type BegunRow = Pick<LedgerRow, 'version' | 'name' | 'checksum' | 'statements' | 'appliedBy' | 'runId'> & {
  readonly progress: StatementProgress;
  readonly inFlight: Statement | undefined;
  readonly connectionId: number;
};

interface Ended {
  readonly version: string;
  readonly durationMs: number;
}

type Name = (table: string) => string;

/**
 * Every write of the ledger: there is no other (lint forbids SQL on its table elsewhere). Tables are qualified, and values
 * are digits and letters alone: a script may have changed the settings of its session.
 */
const writes = {
  create: (
    name: Name,
    { draft }: { readonly draft: boolean },
  ) => `CREATE TABLE IF NOT EXISTS ${name(draft ? draftTable : ledgerTable)} (
${columnsToCreate()}  PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,

  'add-columns': (name: Name, missing: readonly ExtraColumn[]) =>
    `ALTER TABLE ${name(ledgerTable)} ${columnsToAdd(missing)}`,

  /** Before the work: a new row, or that of the failed run that this one goes on from. */
  begin: (name: Name, { version, connectionId, progress, inFlight, ...begun }: BegunRow) => {
    const where = { ...reached(progress, inFlight), connectionId: String(connectionId) };
    const values = { ...begun, state: 'applying', ...where, ...notEnded } as const;
    const row = `${assignments(values)}, started_at = UTC_TIMESTAMP(3)`;
    // Its `note` stays: how an earlier run's doubt was settled.
    return `INSERT INTO ${name(ledgerTable)} SET ${assignments({ version })}, ${row} ON DUPLICATE KEY UPDATE ${row}`;
  },

  /** A statement is about to run; this much is done. */
  mark: reachedUpdate,

  /** This much is done, and the next one is about to run. */
  checkpoint: reachedUpdate,

  /** The same, with nothing left to do. */
  finish: (name: Name, ended: Ended, progress: StatementProgress) =>
    `UPDATE ${name(ledgerTable)} SET ${assignments({ ...reached(progress), state: 'applied', error: undefined })},
     ${endedColumns(ended)} WHERE version = '${ended.version}'`,

  /** Of the transaction that holds a checkpoint, and the rows that it stands for. */
  commit: () => 'COMMIT',

  /** Why it stopped. What is not given stays as it is; `inFlight`: the statement that may be applied or not, null for none. */
  fail: (name: Name, ended: Ended, error: string, stopped: Stopped) =>
    `UPDATE ${name(ledgerTable)} SET ${assignments({
      ...{ state: 'failed', error },
      ...(stopped.progress === undefined ? {} : progressed(stopped.progress)),
      ...(stopped.inFlight === undefined ? {} : { inFlight: stopped.inFlight ?? undefined }),
    })}, ${endedColumns(ended)}
     WHERE version = '${ended.version}' AND state = 'applying'`,

  /** Adds the error to a row whose end is not known. */
  doubt: (name: Name, version: string, error: string) =>
    `UPDATE ${name(ledgerTable)} SET ${assignments({ error })} WHERE version = '${version}' AND state = 'applying'`,

  /** What became of a doubt; only where the row still is as it was when that was found out. */
  settle: (name: Name, row: LedgerRow, progress: StatementProgress, more: string) => {
    const isWhole = progress.done === row.statements;
    const state = isWhole
      ? ({ state: 'applied', error: undefined } as const)
      : ({ state: 'failed' } as const);
    const note = row.note === undefined ? more : `${row.note} ${more}`;
    return `UPDATE ${name(ledgerTable)} SET ${assignments({ ...state, ...reached(progress), note })}
     ${isWhole ? ', finished_at = UTC_TIMESTAMP(3)' : ''}
     WHERE ${conditions(row, ['version', 'state', 'statementsDone', 'inFlight'])}`;
  },

  /** Another text of a script that has run is as good; only where the row still is as it was read. */
  accept: (name: Name, row: LedgerRow, accepted: readonly AcceptedText[]) =>
    `UPDATE ${name(ledgerTable)} SET ${assignments({ accepted })}
     WHERE ${conditions(row, ['version', 'state', 'checksum'])}`,

  /** A script that was applied before there was a ledger. */
  insert: (name: Name, { draft }: { readonly draft: boolean }, row: LedgerRow) =>
    `INSERT INTO ${name(draft ? draftTable : ledgerTable)} SET ${assignmentsOfRow(row)}`,

  'drop-draft': (name: Name) => `DROP TABLE ${name(draftTable)}`,

  /** One statement: there is no moment at which the name is free for another program to take. */
  'put-in-place': (name: Name, room: { readonly table: string; readonly to: string } | undefined) =>
    `RENAME TABLE ${
      room === undefined ? '' : `${name(room.table)} TO ${name(room.to)}, `
    }${name(draftTable)} TO ${name(ledgerTable)}`,
};

type Writes = typeof writes;
type Facts<W extends LedgerWrite> = Parameters<Writes[W]> extends [Name, ...infer Rest] ? Rest : [];

/** The name of a write of the ledger. */
export type LedgerWrite = keyof Writes;

/** All of them. */
export const ledgerWrites = Object.keys(writes) as readonly LedgerWrite[];

/** A write of the ledger that failed: not the statement of a script, whatever was written about it. */
export class LedgerWriteError extends Error {
  readonly write: LedgerWrite;

  constructor(write: LedgerWrite, cause: unknown) {
    super(`the ledger could not be written: ${write}`, { cause });
    this.write = write;
  }
}

/**
 * Writes the ledger of a database.
 *
 * @returns how many rows it found
 * @throws LedgerWriteError with the driver's error as its cause
 */
export async function writeLedger<W extends LedgerWrite>(
  session: Session,
  database: string,
  write: W,
  ...facts: Facts<W>
): Promise<number> {
  const name: Name = (table) => ledgerPlace(database, table);
  const sql = (writes[write] as (name: Name, ...facts: Facts<W>) => string)(name, ...facts);
  try {
    // The comment is for whoever looks at what a server runs; and for the tests, which strike at each of them.
    return (await session.run(`${sql} /* maj ledger: ${write} */`)).affectedRows;
  } catch (error) {
    throw new LedgerWriteError(write, error);
  }
}

const progressed = ({ done, hash }: StatementProgress) => ({ statementsDone: done, doneHash: hash });

const reached = (progress: StatementProgress, inFlight?: LedgerRow['inFlight']) => ({
  ...progressed(progress),
  inFlight,
});

const notEnded = { error: undefined, finishedAt: undefined, durationMs: undefined };

/** By the server's clock, which is the one to compare with its own start; a script may have set its session's. */
const endedColumns = ({ durationMs }: Ended): string =>
  `finished_at = started_at + INTERVAL ${Math.round(durationMs * 1000)} MICROSECOND, duration_ms = ${Math.round(durationMs)}`;

/** `2026-11-22 10:15:30.123`, UTC. */
export const sqlTime = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', '');

function reachedUpdate(
  name: Name,
  version: string,
  progress: StatementProgress,
  inFlight: Statement | undefined,
): string {
  return `UPDATE ${name(ledgerTable)} SET ${assignments(reached(progress, inFlight))} WHERE version = '${version}'`;
}

interface Stopped {
  readonly progress?: StatementProgress;
  readonly inFlight?: Statement | null;
}

/** The row of one script while it runs; what each of these writes is said of `writes`. */
export interface LedgerEntry {
  begin(connectionId: number, progress: StatementProgress, inFlight: Statement | undefined): Promise<unknown>;
  mark(session: Session, progress: StatementProgress, inFlight: Statement | undefined): Promise<unknown>;
  checkpoint(
    session: Session,
    progress: StatementProgress,
    inFlight: Statement | undefined,
  ): Promise<unknown>;
  finish(session: Session, progress: StatementProgress, durationMs: number): Promise<unknown>;
  commit(session: Session): Promise<unknown>;
  fail(session: Session, error: string, durationMs: number, stopped: Stopped): Promise<unknown>;
  doubt(session: Session, error: string): Promise<unknown>;
  /** What the server has of it for good; only right once no connection of ours has a transaction on it open. */
  committed(session: Session): Promise<LedgerProgress>;
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
  { recordedAs: version, name, checksum }: PendingMigration,
  statements: number,
  { appliedBy, runId }: Runner,
): LedgerEntry {
  const script = { version, name, checksum, statements, appliedBy, runId };
  return {
    begin: (connectionId, progress, inFlight) =>
      writeLedger(keeper, database, 'begin', { ...script, progress, inFlight, connectionId }),
    mark: (session, ...reachedThere) => writeLedger(session, database, 'mark', version, ...reachedThere),
    checkpoint: (session, ...reachedThere) =>
      writeLedger(session, database, 'checkpoint', version, ...reachedThere),
    finish: (session, progress, durationMs) =>
      writeLedger(session, database, 'finish', { version, durationMs }, progress),
    commit: (session) => writeLedger(session, database, 'commit'),
    fail: (session, error, durationMs, stopped) =>
      writeLedger(session, database, 'fail', { version, durationMs }, error, stopped),
    doubt: (session, error) => writeLedger(session, database, 'doubt', version, error),
    committed: (session) => readProgress(session, database, version),
  };
}
