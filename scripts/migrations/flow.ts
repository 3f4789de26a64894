import { refused } from '../errors.ts';
import { positionOf } from './lexer.ts';
import type { Statement } from './statement.ts';

/**
 * How one statement is run so that the ledger is never wrong about it.
 */
export interface Step {
  readonly statement: Statement;
  /** Run in a transaction of our own, together with its checkpoint. */
  readonly wrapped: boolean;
  /**
   * Where it is recorded, before it runs, that it is about to: not at all; in a write that is committed at once; or
   * inside the script's own transaction, which the statement itself commits before it starts.
   */
  readonly mark: 'none' | 'committed' | 'in-transaction';
  /** When it is recorded as done: with the wrapping transaction; just before (COMMIT takes it along); after; not yet. */
  readonly checkpoint: 'wrapped' | 'before' | 'after' | 'none';
  /** The script's connection cannot write the ledger here: it holds LOCK TABLES (error 1100) or a transaction. */
  readonly elsewhere: boolean;
  /** After it, a transaction of the script's own is open. */
  readonly leavesOpen: boolean;
}

interface State {
  /** The number of the statement that opened the script's transaction; 0: none is open. */
  readonly opened: number;
  readonly autocommit: boolean;
  readonly locked: boolean;
}

/**
 * Decides how each statement of a script is run. Rows and checkpoint commit together wherever the server allows it:
 * in a transaction of ours, or in the script's own.
 *
 * @param transactional false when some table may not take part in transactions (MyISAM, Aria): then a statement on
 *   rows, too, is recorded before it runs
 * @throws MajError `migration-transaction-open` when the script ends inside a transaction
 */
export function planSteps(
  statements: readonly Statement[],
  options: { readonly file: string; readonly transactional: boolean },
): Step[] {
  const steps: Step[] = [];
  let state: State = { opened: 0, autocommit: true, locked: false };
  for (const statement of statements) {
    const { step, next } = stepOf(statement, state, options.transactional);
    steps.push({ ...step, leavesOpen: next.opened > 0 });
    state = next;
  }
  const opening = statements[state.opened - 1];
  if (opening !== undefined)
    throw refused('migration-transaction-open', {
      file: options.file,
      line: opening.line,
      column: opening.column,
    });
  return steps;
}

function stepOf(statement: Statement, state: State, transactional: boolean): { step: Step; next: State } {
  const open = state.opened > 0;
  const step = (changes: Partial<Omit<Step, 'statement'>>): Step => ({
    statement,
    wrapped: false,
    mark: 'none',
    checkpoint: 'none',
    // Without autocommit what the script's connection writes would wait for the script's next COMMIT.
    elsewhere: state.locked || !state.autocommit,
    leavesOpen: false,
    ...changes,
  });
  const opens = (): State => ({ ...state, opened: statement.number });
  /** What has been done in the open transaction is recorded in it: the statement commits both before it begins. */
  const commitsFirst = open && !state.locked ? ({ mark: 'in-transaction' } as const) : {};
  switch (statement.kind) {
    case 'rows':
      if (open || !state.autocommit) {
        const mark = transactional ? 'none' : 'committed';
        return { step: step({ mark, elsewhere: true }), next: open ? state : opens() };
      }
      if (state.locked) return { step: step({ mark: 'committed', checkpoint: 'after' }), next: state };
      return {
        step: step({
          wrapped: true,
          checkpoint: 'wrapped',
          mark: transactional ? 'none' : 'committed',
        }),
        next: state,
      };
    case 'session':
      return { step: step({}), next: state };
    case 'call':
      // The code that it runs may commit or not: recorded elsewhere, so that the record outlives a rollback.
      return open || !state.autocommit
        ? { step: step({ mark: 'committed', elsewhere: true }), next: open ? state : opens() }
        : { step: step({ mark: 'committed', checkpoint: 'after' }), next: state };
    case 'begin':
      return { step: step(commitsFirst), next: { ...state, opened: statement.number, locked: false } };
    case 'commit':
      return {
        step: step(open ? { checkpoint: state.locked ? 'after' : 'before' } : {}),
        next: { ...state, opened: 0 },
      };
    case 'rollback':
      return { step: step({}), next: { ...state, opened: 0 } };
    case 'autocommit-on':
      return {
        step: step(open ? { checkpoint: state.locked ? 'after' : 'before' } : {}),
        next: { ...state, opened: 0, autocommit: true },
      };
    case 'autocommit-off':
      return { step: step({}), next: { ...state, autocommit: false } };
    case 'lock':
      return { step: step(commitsFirst), next: { ...state, opened: 0, locked: true } };
    case 'unlock':
      return {
        step: step({ checkpoint: 'after', elsewhere: !state.autocommit }),
        next: { ...state, opened: 0, locked: false },
      };
    case 'alone':
      return {
        step: step({ mark: 'committed', checkpoint: 'after', ...commitsFirst }),
        next: { ...state, opened: 0 },
      };
  }
}

const readsPrevious =
  /\b(?:row_count|found_rows)\s*\(|^\s*get\s+(?:current\s+)?diagnostics\b|^\s*show\s+(?:warnings|errors)\b/i;

/**
 * Refuses what cannot work here: a statement that asks about the one before it would get the answer for our own
 * checkpoint instead.
 *
 * @throws MajError `migration-needs-previous`
 */
export function refuseDependent(statements: readonly Statement[], file: string): void {
  const found = statements.find(
    (statement) => statement.kind !== 'alone' && statement.number > 1 && readsPrevious.test(statement.text),
  );
  if (found === undefined) return;
  const { line } = positionOf(found.text, 0);
  throw refused('migration-needs-previous', {
    file,
    line: found.line + line - 1,
    column: found.column,
  });
}
