import type { Session } from '../../database/session/session.ts';
import type { StatementProgress, Statement } from '../../sql/statement.ts';
import type { AcceptedText, LedgerRow } from '../migration.ts';
import { ledgerTable, ledgerPlace } from './ledger.ts';

/** A ledger that is being filled has this name until it is whole. */
export const draftTable = `${ledgerTable}_adopting`;

/** What a ledger may lack. */
export type ExtraColumn = 'note' | 'accepted';

/** A script's row while it is being written before the work. */
export interface BegunRow {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly statements: number;
  readonly progress: StatementProgress;
  /** The first statement, where it commits by itself. */
  readonly inFlight: Statement | undefined;
  readonly connectionId: number;
  readonly appliedBy: string;
  readonly runId: string;
}

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
  version varchar(32) NOT NULL,
  name varchar(255) NOT NULL,
  checksum char(64) NOT NULL,
  state varchar(16) NOT NULL,
  statements int unsigned NOT NULL,
  statements_done int unsigned NOT NULL,
  done_hash char(64) NOT NULL,
  in_flight varchar(80) NULL,
  connection_id bigint unsigned NULL,
  error text NULL,
  started_at datetime(3) NOT NULL,
  finished_at datetime(3) NULL,
  duration_ms bigint unsigned NULL,
  applied_by varchar(255) NOT NULL,
  run_id varchar(64) NOT NULL,
  note text NULL,
  PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,

  /** `note` is in every ledger but those of the format's first days, `accepted` only where a text was. */
  'add-columns': (name: Name, missing: readonly ExtraColumn[]) =>
    `ALTER TABLE ${name(ledgerTable)} ${missing.map((column) => `ADD COLUMN ${column} text NULL`).join(', ')}`,

  /** Before the work: a new row, or that of the failed run that this one goes on from. */
  begin: (name: Name, begun: BegunRow) => {
    const row = `name = ${sqlText(begun.name)}, checksum = '${begun.checksum}', state = 'applying',
         statements = ${begun.statements}, ${doneColumns(begun.progress, begun.inFlight)},
         connection_id = ${begun.connectionId}, error = NULL, started_at = UTC_TIMESTAMP(3), finished_at = NULL,
         duration_ms = NULL, applied_by = ${sqlText(begun.appliedBy)}, run_id = ${sqlText(begun.runId)}`;
    // Its `note` stays: how an earlier run's doubt was settled.
    return `INSERT INTO ${name(ledgerTable)} SET version = '${begun.version}', ${row} ON DUPLICATE KEY UPDATE ${row}`;
  },

  /** A statement is about to run; this much is done. */
  mark: reachedUpdate,

  /** This much is done, and the next one is about to run. */
  checkpoint: reachedUpdate,

  /** The same, with nothing left to do. */
  finish: (name: Name, ended: Ended, progress: StatementProgress) =>
    `UPDATE ${name(ledgerTable)} SET ${doneColumns(progress, undefined)}, state = 'applied', error = NULL,
     ${endedColumns(ended)} WHERE version = '${ended.version}'`,

  /** Of the transaction that holds a checkpoint, and the rows that it stands for. */
  commit: () => 'COMMIT',

  /** Why it stopped. What is not given stays as it is. */
  fail: (
    name: Name,
    ended: Ended,
    error: string,
    stopped: { readonly progress?: StatementProgress; readonly inFlight?: Statement | null },
  ) =>
    `UPDATE ${name(ledgerTable)} SET state = 'failed', error = ${sqlText(error)}, ${endedColumns(ended)}${
      stopped.progress === undefined ? '' : `, ${progressColumns(stopped.progress)}`
    }${stopped.inFlight === undefined ? '' : `, ${inFlightColumn(stopped.inFlight ?? undefined)}`}
     WHERE version = '${ended.version}' AND state = 'applying'`,

  /** Adds the error to a row whose end is not known. */
  doubt: (name: Name, version: string, error: string) =>
    `UPDATE ${name(ledgerTable)} SET error = ${sqlText(error)} WHERE version = '${version}' AND state = 'applying'`,

  /** What became of a doubt; only where the row still is as it was when that was found out. */
  settle: (name: Name, row: LedgerRow, { done, hash }: StatementProgress, note: string) => {
    const state =
      done === row.statements ? `'applied', error = NULL, finished_at = UTC_TIMESTAMP(3)` : `'failed'`;
    return `UPDATE ${name(ledgerTable)} SET state = ${state}, statements_done = ${done}, done_hash = '${hash}',
     in_flight = NULL, note = CONCAT_WS(' ', note, ${sqlText(note)})
     WHERE version = '${row.version}' AND state = '${row.state}' AND statements_done = ${row.statementsDone}
     AND in_flight <=> ${inFlightValue(row.inFlight)}`;
  },

  /** Another text of a script that has run is as good; only where the row still is as it was read. */
  accept: (name: Name, row: LedgerRow, accepted: readonly AcceptedText[]) =>
    `UPDATE ${name(ledgerTable)} SET accepted = ${sqlText(JSON.stringify(accepted))}
     WHERE version = '${row.version}' AND state = 'applied' AND checksum = '${row.checksum}'`,

  /** A script that was applied before there was a ledger. */
  insert: (name: Name, { draft }: { readonly draft: boolean }, row: LedgerRow) =>
    `INSERT INTO ${name(draft ? draftTable : ledgerTable)} SET version = '${row.version}', name = ${sqlText(row.name)},
     checksum = '${row.checksum}', state = '${row.state}', statements = ${row.statements},
     statements_done = ${row.statementsDone}, done_hash = '${row.doneHash}', started_at = '${row.startedAt}',
     finished_at = '${row.finishedAt ?? row.startedAt}', duration_ms = ${row.durationMs ?? 0},
     applied_by = ${sqlText(row.appliedBy)}, run_id = ${sqlText(row.runId)}, note = ${row.note === undefined ? 'NULL' : sqlText(row.note)}`,

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

const progressColumns = ({ done, hash }: StatementProgress): string =>
  `statements_done = ${done}, done_hash = '${hash}'`;

const inFlightValue = (inFlight: LedgerRow['inFlight']): string =>
  inFlight === undefined ? 'NULL' : `'${inFlight.number}:${inFlight.hash}'`;

const inFlightColumn = (inFlight: Statement | undefined): string => `in_flight = ${inFlightValue(inFlight)}`;

const doneColumns = (progress: StatementProgress, inFlight: Statement | undefined): string =>
  `${progressColumns(progress)}, ${inFlightColumn(inFlight)}`;

/** By the server's clock, which is the one to compare with its own start; a script may have set its session's. */
const endedColumns = ({ durationMs }: Ended): string =>
  `finished_at = started_at + INTERVAL ${Math.round(durationMs * 1000)} MICROSECOND, duration_ms = ${Math.round(durationMs)}`;

/** A text as a statement that reads the same under every sql_mode and character set of its session. */
const sqlText = (text: string): string =>
  `CONVERT(X'${Buffer.from(text, 'utf8').toString('hex')}' USING utf8mb4)`;

/** `2026-11-22 10:15:30.123`, UTC. */
export const sqlTime = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', '');

function reachedUpdate(
  name: Name,
  version: string,
  progress: StatementProgress,
  inFlight: Statement | undefined,
): string {
  return `UPDATE ${name(ledgerTable)} SET ${doneColumns(progress, inFlight)} WHERE version = '${version}'`;
}
