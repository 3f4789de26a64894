import type { Flavour } from '../../database/flavour.ts';
import type { FindingCode, FindingFacts } from './finding.ts';
import type { Known } from './known.ts';
import type { Reading } from './reading.ts';
import type { Token } from './tokens.ts';

/** What a rule has found; `check.ts` makes a finding of it. */
export interface Found extends FindingFacts {
  readonly code: FindingCode;
  /** Where in the text of the statement. */
  readonly start: number;
}

/** A rule that looks at one statement by itself. */
export type UnitRule = (unit: readonly Token[], known: Known) => Iterable<Found>;

/** A rule that has to see the statements of a script one after the other. */
export interface ScriptRule {
  read(reading: Reading, known: Known): Iterable<Found>;
  /** What only the end of the script tells, with the statement that it is about. */
  end?(): Iterable<Found & { readonly statement: Reading['statement'] }>;
}

/** What is known from outside of the script. */
export interface CheckOptions {
  /** The name of the live database; without it every name with a database in it is a `qualified-name`. */
  readonly database?: string | undefined;
  /** The family of the live server; without it both have to understand the script. */
  readonly flavour?: Flavour | undefined;
  /** The sql_mode that the script starts in. */
  readonly sqlMode?: string | undefined;
  /**
   * The numbers of the warnings that a dry run got, by the number of the statement in this script; without a dry run
   * nothing is known of them.
   */
  readonly warnings?: ReadonlyMap<number, readonly number[]> | undefined;
}

/** A finding at a token. */
export const foundAt = (
  code: FindingCode,
  at: { readonly start: number } | undefined,
  facts: FindingFacts = {},
): Found => ({ code, start: at?.start ?? 0, ...facts });
