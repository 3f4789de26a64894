import { refused } from '../../core/errors.ts';
import { tokensOf, type Position } from '../../sql/lexer.ts';
import type { Statement } from '../../sql/statement.ts';

/** How one statement is run so that the ledger is never wrong about it. */
export interface Step {
  readonly statement: Statement;
  /** Run in a transaction of our own, together with its checkpoint. */
  readonly wrapped: boolean;
  /**
   * Where it is recorded, before it runs, that it is about to: not at all; in a write that is committed at once; or
   * inside the script's own transaction, which the statement itself commits before it starts or, being code, may commit.
   */
  readonly mark: 'none' | 'committed' | 'in-transaction';
  /** When it is recorded as done: with the wrapping transaction; just before (COMMIT takes it along); after; not yet. */
  readonly checkpoint: 'wrapped' | 'before' | 'after' | 'none';
  /** The script's connection cannot write the ledger here: it holds LOCK TABLES (error 1100) or a transaction. */
  readonly elsewhere: boolean;
  /** After it, a transaction of the script's own is open. */
  readonly leavesOpen: boolean;
  /** Outside of a transaction, each statement commits by itself. */
  readonly isInAutocommit: boolean;
}

interface State {
  /** Where the statement is that opened the script's transaction; undefined: none is open. */
  readonly opened: Position | undefined;
  readonly autocommit: boolean;
  readonly locked: boolean;
}

/**
 * Decides how each statement of a script is run, one after the other. Rows and checkpoint commit together wherever the
 * server allows it: in a transaction of ours, or in the script's own.
 *
 * @param transactional false when some table may not take part in transactions (MyISAM, Aria): then a statement on
 *   rows, too, is recorded before it runs
 * @throws MajError (`end`) `migration-transaction-open` when the script ends inside a transaction
 */
export function createStepPlanner(options: { readonly file: string; readonly transactional: boolean }): {
  next(statement: Statement): Step;
  end(): void;
} {
  let state: State = { opened: undefined, autocommit: true, locked: false };
  return {
    next: (statement) => {
      const { step, next } = stepOf(statement, state, options.transactional);
      state = next;
      return { ...step, leavesOpen: next.opened !== undefined };
    },
    end: () => {
      if (state.opened === undefined) return;
      const { line, column } = state.opened;
      throw refused('migration-transaction-open', { file: options.file, line, column });
    },
  };
}

function stepOf(statement: Statement, state: State, transactional: boolean): { step: Step; next: State } {
  const open = state.opened !== undefined;
  const here: Position = { line: statement.line, column: statement.column };
  const step = (changes: Partial<Omit<Step, 'statement'>>): Step => ({
    statement,
    wrapped: false,
    mark: 'none',
    checkpoint: 'none',
    // Without autocommit what the script's connection writes would wait for the script's next COMMIT.
    elsewhere: state.locked || !state.autocommit,
    leavesOpen: false,
    isInAutocommit: state.autocommit,
    ...changes,
  });
  const opens = (): State => ({ ...state, opened: here });
  /** What has been done in the open transaction is recorded in it: the statement commits both before it begins. */
  const commitsFirst = open && !state.locked ? ({ mark: 'in-transaction' } as const) : {};
  /** Of a statement on rows. */
  const mark = transactional ? 'none' : 'committed';
  switch (statement.kind) {
    case 'rows':
      if (open || !state.autocommit)
        return { step: step({ mark, elsewhere: true }), next: open ? state : opens() };
      if (state.locked) return { step: step({ mark: 'committed', checkpoint: 'after' }), next: state };
      return { step: step({ wrapped: true, checkpoint: 'wrapped', mark }), next: state };
    case 'session':
      return { step: step({}), next: state };
    case 'call':
      if (!open && state.autocommit)
        return { step: step({ mark: 'committed', checkpoint: 'after' }), next: state };
      // The code that it runs may commit or not: the mark in the transaction shares its fate, and tells. Where the script's
      // connection cannot write it, it is recorded elsewhere, so that it outlives a rollback.
      return {
        step: step(
          transactional && !state.locked
            ? { mark: 'in-transaction' }
            : { mark: 'committed', elsewhere: true },
        ),
        next: open ? state : opens(),
      };
    case 'begin':
      return { step: step(commitsFirst), next: { ...state, opened: here, locked: false } };
    case 'commit':
      return {
        step: step(open ? { checkpoint: state.locked ? 'after' : 'before' } : {}),
        next: { ...state, opened: undefined },
      };
    case 'rollback':
      return { step: step({}), next: { ...state, opened: undefined } };
    case 'autocommit-on':
      return {
        step: step(open ? { checkpoint: state.locked ? 'after' : 'before' } : {}),
        next: { ...state, opened: undefined, autocommit: true },
      };
    case 'autocommit-off':
      return { step: step({}), next: { ...state, autocommit: false } };
    case 'lock':
      return { step: step(commitsFirst), next: { ...state, opened: undefined, locked: true } };
    case 'unlock':
      return {
        step: step({ checkpoint: 'after', elsewhere: !state.autocommit }),
        next: { ...state, opened: undefined, locked: false },
      };
    case 'alone':
      return {
        step: step({ mark: 'committed', checkpoint: 'after', ...commitsFirst }),
        next: { ...state, opened: undefined },
      };
  }
}

/** Most statements are long and have none of these words. */
const mayReadPrevious = /row_count|found_rows|diagnostics|warnings|errors/i;
const rowFunctions = new Set(['ROW_COUNT', 'FOUND_ROWS']);

/**
 * Refuses what cannot work here: a statement that asks about the one before it would get the answer for our own
 * checkpoint instead.
 *
 * @throws MajError `migration-needs-previous`
 */
export function refuseDependent({ number, text, line, column }: Statement, file: string): void {
  if (number === 1 || !mayReadPrevious.test(text)) return;
  const tokens = [...tokensOf(text)];
  // What a routine asks, it asks about its own statements.
  if (tokens[0] === 'CREATE' || tokens[0] === 'ALTER') return;
  const asks =
    tokens.some((token, index) => rowFunctions.has(token) && tokens[index + 1] === '(') ||
    (tokens[0] === 'GET' && tokens.includes('DIAGNOSTICS')) ||
    (tokens[0] === 'SHOW' && (tokens[1] === 'WARNINGS' || tokens[1] === 'ERRORS'));
  if (asks) throw refused('migration-needs-previous', { file, line, column });
}
