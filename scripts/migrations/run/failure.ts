import type { SqlError } from '../../database/session/session.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import { plainMode } from '../../sql/lexer.ts';
import { firstTokens } from '../../sql/statement.ts';
import type { LedgerWrite } from '../ledger/ledger-write.ts';
import type { LeftBehind, Phase } from '../state-after-failure.ts';
import type { Step } from './transaction-plan.ts';

/** Why a run of migrations ended early, and what is known of the database. */
export interface MigrationFailure {
  readonly file: string;
  readonly version: string;
  /** Where the statement stands or, when the server named a line, that line. */
  readonly line: number;
  readonly column: number;
  readonly statement: number;
  readonly of: number;
  /** Whose text the statement is: the script's own, with what MIGRATIONS_PLACEHOLDERS put in, or that of a setting. */
  readonly from: 'script' | 'script-and-placeholders' | 'after-each';
  /** The beginning of the statement, on one line. */
  readonly excerpt: string;
  readonly reason:
    | {
        readonly kind: 'server';
        readonly error: SqlError;
        /** What had come of the statement when it happened. */
        readonly phase: Phase;
        /** The write of the ledger that failed; undefined: the statement did, or its connection. */
        readonly write?: LedgerWrite;
        /** Where it waited for a lock in vain: who may hold it. */
        readonly holders?: readonly string[];
      }
    | { readonly kind: 'interrupted' }
    | { readonly kind: 'lock-lost' };
  /** Statements of this file that are committed. What follows the statement was never sent. */
  readonly done: number;
  /** What the statement itself has left behind. */
  readonly outcome: LeftBehind['outcome'];
  /** The statement of which it is not known whether it was applied, wholly or in part: this one, or one before it. */
  readonly doubt: number | undefined;
  /** The ledger says what is said here; otherwise it says that the script did not finish. */
  readonly recorded: boolean;
  /** Nothing that the statements which are done have left in their session is missed by those that are not. */
  readonly canGoOn: boolean;
  /** Files that this run had applied before. */
  readonly applied: readonly string[];
}

/** Errors 1205 and 1213: other sessions were in the way of a statement that may be right as it stands. */
export const isInTheWay = ({ errno }: SqlError): boolean => errno === lockWaitTimeout || errno === deadlock;

/**
 * Whether a statement was refused because what it would make, or drop, is there, or gone, already: tables and databases (1050,
 * 1007, 1051), columns, indexes and constraints (1060, 1061, 1091, 1826, 3822), routines and triggers (1304, 1359).
 */
export const isAlreadySo = ({ errno }: SqlError): boolean =>
  errno !== undefined && [1007, 1050, 1051, 1060, 1061, 1091, 1304, 1359, 1826, 3822].includes(errno);

/** The server's error for the one of two transactions that it has rolled back, as each waited for the other. */
export const deadlock = 1213;

/** The server's error for a lock that was waited for in vain, on rows as on tables. */
export const lockWaitTimeout = 1205;

/**
 * Whether a statement that the server has refused may have left something behind all the same.
 *
 * @param transactional false when tables without transactions may be involved
 */
export function mayBePartial(step: Step, flavour: Flavour, transactional: boolean): boolean {
  const { kind, text } = step.statement;
  if (kind === 'call') return true;
  // In our own transaction the answer to ROLLBACK tells, see `execute.ts`.
  if (kind === 'rows') return !transactional && !step.wrapped;
  if (kind !== 'alone' || traits.dropsAllOrNone[flavour]) return false;
  // The tables that it can drop are gone when it reports the others.
  const [first, second] = firstTokens(text, plainMode, 2);
  return first === 'DROP' && (second === 'TABLE' || second === 'VIEW') && text.includes(',');
}

/** The beginning of a statement, on one line. */
export function excerptOf(text: string, length = 100): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** The line of the file that a syntax error is in: the server counts from the statement's first line. */
export function lineOfError(statementLine: number, error: SqlError): number {
  const named = error.errno === 1064 ? /at line (\d+)\s*$/.exec(error.message)?.[1] : undefined;
  return named === undefined ? statementLine : statementLine + Number(named) - 1;
}
