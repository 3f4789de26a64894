import type { Statement } from '../../sql/statement.ts';

/** What one statement did. */
export interface StatementRun {
  readonly number: number;
  readonly line: number;
  readonly hash: string;
  readonly kind: Statement['kind'];
  readonly seconds: number;
  /** Rows changed, as the server counts them. */
  readonly rows: number;
  readonly warnings: number;
}

/** What the statements of one script did: each of them, unless there are very many. */
export interface StatementRuns {
  /** Those that ran now: all of them, unless the script went on after a failure. */
  readonly count: number;
  readonly rows: number;
  readonly warnings: number;
  readonly each: readonly StatementRun[];
}

/** So many are told one by one; of a seed of a million, later ones only where there is something to tell. */
const mostTold = 10_000;
const slowSeconds = 1;

/** Collects them in bounded memory. */
export function createStatementRuns(): { add(run: StatementRun): void; all(): StatementRuns } {
  const each: StatementRun[] = [];
  const sum = { count: 0, rows: 0, warnings: 0 };
  return {
    add: (run) => {
      sum.count += 1;
      sum.rows += run.rows;
      sum.warnings += run.warnings;
      const isNotable = run.seconds >= slowSeconds || run.warnings > 0;
      if (each.length < (isNotable ? 2 * mostTold : mostTold)) each.push(run);
    },
    all: () => ({ ...sum, each }),
  };
}
