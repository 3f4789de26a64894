/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { ScriptProblem } from './script-problem.ts';

/** Where in a script. */
export interface ScriptPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

declare module '../core/errors.ts' {
  interface Failures {
    'migration-script': Failure<'refused', ScriptPlace & { problem: ScriptProblem }>;
    'migration-encoding': Failure<'refused', { file: string }>;
  }
}
