import { refused, type MajError } from '../core/errors.ts';
import type { SwallowingCharset } from './client-charset.ts';
import type { Position } from './lexer.ts';

/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */

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

/** What programs read differently, so that nobody can say where the statement ends. */
export type Doubt = 'comment' | 'versioned-comment' | 'hint' | 'dollar-quote' | 'ansi-name' | 'dashes';

/** What can be wrong with a script before it runs. */
export type ScriptProblem =
  | { readonly kind: 'unterminated'; readonly what: 'string' | 'name' | 'comment' }
  | { readonly kind: 'torn-routine' }
  | { readonly kind: 'delimiter-in-versioned-comment'; readonly delimiter: string }
  | { readonly kind: 'read-differently'; readonly what: Doubt }
  | { readonly kind: 'swallowed-in'; readonly charset: SwallowingCharset }
  | { readonly kind: 'client-command'; readonly command: string }
  | { readonly kind: 'delimiter-argument' }
  | { readonly kind: 'delimiter-misplaced' };

/** The error for a problem of a script. */
export const scriptError = (file: string, position: Position, problem: ScriptProblem): MajError =>
  refused('migration-script', { file, ...position, problem });
