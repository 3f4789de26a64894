import type { Step } from './flow.ts';

/**
 * How many statements on rows commit together with one checkpoint: a commit for each would cost more than the
 * statement does. Few enough that little is undone when one of them fails.
 */
const most = { statements: 500, characters: 8 * 1024 * 1024, milliseconds: 1000 };

/** The transaction of ours that is open, with what is in it. */
export interface Batch {
  readonly isOpen: boolean;
  begin(nowMs: number): void;
  add(step: Step): void;
  end(): void;
  /** Whether it is to be committed before the next statement. */
  isFull(next: Step | undefined, nowMs: number): boolean;
}

/** No transaction is open. */
export function createBatch(): Batch {
  let open: { statements: number; characters: number; readonly since: number } | undefined;
  return {
    get isOpen() {
      return open !== undefined;
    },
    begin: (nowMs) => {
      open = { statements: 0, characters: 0, since: nowMs };
    },
    add: (step) => {
      if (open === undefined) throw new Error('no transaction is open');
      open.statements += 1;
      open.characters += step.statement.text.length;
    },
    end: () => {
      open = undefined;
    },
    isFull: (next, nowMs) =>
      open !== undefined &&
      // What is recorded before it runs would be recorded in the transaction, and be lost with it.
      (next?.wrapped !== true ||
        next.mark !== 'none' ||
        open.statements >= most.statements ||
        open.characters + next.statement.text.length > most.characters ||
        nowMs - open.since >= most.milliseconds),
  };
}
