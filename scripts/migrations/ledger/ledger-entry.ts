import type { Session } from '../../database/session/session.ts';
import type { StatementProgress, Statement } from '../../sql/statement.ts';
import { writeLedger } from './ledger-write.ts';
import type { PendingMigration } from '../migration.ts';
import { readProgress, type LedgerProgress } from './ledger.ts';

/** The row of one script while it runs: what is written to it, and through which connection; see `ledger-write.ts`. */
export interface LedgerEntry {
  /**
   * Writes the row before the work: a new one, or that of the failed run that this one goes on from.
   *
   * @param inFlight the first statement, where it commits by itself
   */
  begin(connectionId: number, progress: StatementProgress, inFlight: Statement | undefined): Promise<void>;
  /** Says, before a statement runs: this much is done, and this one is now in flight. */
  mark(session: Session, progress: StatementProgress, inFlight: Statement | undefined): Promise<void>;
  /** Says, once a statement has run: this much is done, and the next one is now in flight. */
  checkpoint(session: Session, progress: StatementProgress, inFlight: Statement | undefined): Promise<void>;
  /** The same, with nothing left to do. */
  finish(session: Session, progress: StatementProgress, durationMs: number): Promise<void>;
  /** Ends the transaction of ours in which rows and checkpoint are. */
  commit(session: Session): Promise<void>;
  /**
   * Says why it stopped.
   *
   * @param stopped `progress`: not given, it stays as it is in the ledger; `inFlight`: the statement that may be applied
   *   or not, null for none; not given: it stays as it is
   */
  fail(session: Session, error: string, durationMs: number, stopped: Stopped): Promise<void>;
  /** Adds the error to a row whose end is not known. */
  doubt(session: Session, error: string): Promise<void>;
  /** What the server has of it for good; only right once no connection of ours has a transaction on it open. */
  committed(session: Session): Promise<LedgerProgress>;
}

interface Stopped {
  readonly progress?: StatementProgress;
  readonly inFlight?: Statement | null;
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
  { appliedBy, runId }: Runner,
): LedgerEntry {
  const { recordedAs: version, name, checksum } = migration;
  const done = async (written: Promise<number>): Promise<void> => {
    await written;
  };
  return {
    begin: (connectionId, progress, inFlight) => {
      const row = { version, name, checksum, statements, progress, inFlight, connectionId, appliedBy, runId };
      return done(writeLedger(keeper, database, 'begin', row));
    },
    mark: (session, progress, inFlight) =>
      done(writeLedger(session, database, 'mark', version, progress, inFlight)),
    checkpoint: (session, progress, inFlight) =>
      done(writeLedger(session, database, 'checkpoint', version, progress, inFlight)),
    finish: (session, progress, durationMs) =>
      done(writeLedger(session, database, 'finish', { version, durationMs }, progress)),
    commit: (session) => done(writeLedger(session, database, 'commit')),
    fail: (session, error, durationMs, stopped) =>
      done(writeLedger(session, database, 'fail', { version, durationMs }, error, stopped)),
    doubt: (session, error) => done(writeLedger(session, database, 'doubt', version, error)),
    committed: (session) => readProgress(session, database, version),
  };
}
