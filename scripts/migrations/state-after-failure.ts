import type { Statement } from '../sql/statement.ts';
import type { LedgerProgress } from './ledger/ledger.ts';
import type { Step } from './run/transaction-plan.ts';

/**
 * Where a script stopped: before its statement was sent, in the statement itself, or after the server had done it, in
 * what we do for the record of it.
 */
export type Phase = 'before' | 'statement' | 'after';

/** What is known of a script that has stopped, once nothing of it runs any more. */
export interface StopFacts {
  readonly phase: Phase;
  /** The statement that it stopped at; undefined for a script without any. */
  readonly step: Step | undefined;
  /** Statements that were known to be done for good before it. */
  readonly done: number;
  /** The last statement that the ledger was told to be about to run; undefined: none is. */
  readonly marked: Statement | undefined;
  /** A transaction of ours is open, with rows and their checkpoint; `committing`: its COMMIT was sent. */
  readonly batch: 'none' | 'open' | 'committing';
  /** What ROLLBACK answered (or COMMIT, after a statement that stands by itself); undefined: the connection was lost. */
  readonly answer: { readonly warnings: number } | undefined;
  /** The server had ended the transaction before that, so that the answer tells nothing of what stayed: a deadlock. */
  readonly endedByServer: boolean;
  /** What the ledger has; undefined where it cannot be asked, or a lost connection may still write. */
  readonly ledger: LedgerProgress | undefined;
  /** The server may have done a part of a statement that it has refused. */
  readonly mayBePartial: boolean;
}

/** What a script that stopped has left in the database. */
export interface LeftBehind {
  /** What became of the statement that it stopped at. */
  readonly outcome: 'unchanged' | 'applied' | 'partial' | 'in-doubt';
  /** Statements that are done for good. */
  readonly done: number;
  /** The statement that may be applied, or in part: this one or, in a transaction of the script, an earlier one. */
  readonly doubt: number | undefined;
}

/**
 * Finds what a script that stopped has left behind. What the server has answered is known; what it was doing when the
 * connection was lost, the ledger tells where it commits together with the statement. Pure.
 */
export function whatIsLeft(facts: StopFacts): LeftBehind {
  const { step, phase, ledger } = facts;
  const number = step?.statement.number ?? 0;
  const done = ledger?.done ?? facts.done;
  const unchanged: LeftBehind = { outcome: 'unchanged', done, doubt: earlierDoubt(facts, number, done) };
  if (step === undefined || phase === 'before') return unchanged;
  const applied: LeftBehind = { outcome: 'applied', done: Math.max(done, number), doubt: undefined };
  const inDoubt: LeftBehind = { outcome: 'in-doubt', done, doubt: number };
  const partial: LeftBehind = { outcome: 'partial', done, doubt: number };
  if (ledger !== undefined && ledger.done >= number) return applied;
  if (phase === 'after' && facts.batch === 'none') return standsByItself(facts, step) ? applied : inDoubt;
  if (facts.answer !== undefined) {
    // Rows of tables without transactions stay, and the answer to ROLLBACK says that there are some.
    const keepsRows = step.statement.kind === 'rows' && mayKeepRows(facts, step);
    if (keepsRows || (phase === 'statement' && facts.mayBePartial)) return partial;
  } else if (isInFlight(facts, step)) return inDoubt;
  return ledger === undefined && mayHaveCommitted(facts, step) ? inDoubt : unchanged;
}

/** Whether rows of tables without transactions may have stayed: the answer says so, or comes too late to tell. */
const mayKeepRows = ({ answer, endedByServer, batch }: StopFacts, { mark }: Step): boolean =>
  (answer?.warnings ?? 0) > 0 || (mark === 'committed' && (endedByServer || batch === 'committing'));

/** Whether what the server has done is there for good, although the record of it could not be written. */
function standsByItself({ answer, ledger }: StopFacts, { statement, mark }: Step): boolean {
  if (answer !== undefined) return true;
  // The code that it ran may have left a transaction open, which was lost with the connection.
  if (statement.kind === 'call') return false;
  // It has committed the transaction that the mark is in.
  return mark !== 'in-transaction' || ledger?.inFlight === statement.number;
}

/** Whether the ledger has the statement as in flight or, where it cannot be asked, may have. */
const isInFlight = ({ ledger, marked }: StopFacts, { statement, mark }: Step): boolean =>
  ledger === undefined
    ? marked?.number === statement.number || mark === 'in-transaction'
    : ledger.inFlight === statement.number;

/** Whether a COMMIT was sent: of ours, or the script's own. */
const mayHaveCommitted = ({ batch, phase }: StopFacts, { checkpoint }: Step): boolean =>
  batch === 'committing' || (phase === 'statement' && checkpoint === 'before');

/**
 * A statement before this one, in the script's own transaction, that is in flight until that transaction ends: what it did
 * to tables without transactions stays, and what code that it called has committed.
 */
function earlierDoubt(facts: StopFacts, number: number, done: number): number | undefined {
  const { ledger, marked, answer, endedByServer, phase, step } = facts;
  const flying = ledger?.inFlight ?? marked?.number ?? 0;
  if (flying <= done || flying >= number) return undefined;
  // A COMMIT that has failed has ended the transaction as well.
  const told =
    answer !== undefined && !endedByServer && !(phase === 'statement' && step?.checkpoint === 'before');
  const isUndone = marked?.number === flying && marked.kind === 'rows' && told && answer.warnings === 0;
  return isUndone ? undefined : flying;
}
