import type { Flavour } from '../../sql/flavour.ts';
import type { FindingCode, FindingFacts } from './finding.ts';
import { alterOf, clauseOf } from './reading/alter.ts';
import type { StatementReading } from './reading/reading.ts';
import { createdTable, droppedTables } from './reading/tables.ts';
import type { SqlToken } from './reading/tokens.ts';

/** What a rule has found; `check.ts` makes a finding of it. */
export interface Hit extends FindingFacts {
  readonly code: FindingCode;
  /** Where in the text of the statement. */
  readonly start: number;
}

/** A rule that looks at one statement by itself. */
export type UnitRule = (unit: readonly SqlToken[], known: KnownSchema) => Iterable<Hit>;

/** A rule that has to see the statements of a script one after the other. */
export interface ScriptRule {
  read(reading: StatementReading, known: KnownSchema): Iterable<Hit>;
  /** What only the end of the script tells, with the statement that it is about. */
  end?(): Iterable<Hit & { readonly statement: StatementReading['statement'] }>;
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
): Hit => ({ code, start: at?.start ?? 0, ...facts });

/**
 * What the script itself has made: a table of its own holds no rows that anybody could miss. Names are compared as they
 * are written, which is right where the server tells their case apart, and says too little elsewhere.
 */
export interface KnownSchema {
  readonly tables: ReadonlySet<string>;
  /** `table.column`, the column in small letters: their case never counts. */
  readonly columns: ReadonlySet<string>;
}

export const columnKey = (table: string, column: string): string => `${table}.${column.toLowerCase()}`;

/** What is known once this statement has run, too. */
export function remember(known: KnownSchema, unit: readonly SqlToken[]): KnownSchema {
  const created = createdTable(unit);
  // With IF NOT EXISTS it may have been there, rows and all.
  if (created !== undefined && !created.ifNotExists)
    return { ...known, tables: new Set([...known.tables, created.name.text]) };
  const dropped = droppedTables(unit)?.names.map((name) => name.text) ?? [];
  if (dropped.length > 0)
    return { ...known, tables: new Set([...known.tables].filter((name) => !dropped.includes(name))) };
  const alter = alterOf(unit);
  if (alter === undefined) return known;
  const added = alter.clauses
    .map(clauseOf)
    .flatMap((clause) => (clause.kind === 'add-columns' && !clause.ifNotExists ? clause.columns : []))
    .map((column) => columnKey(alter.table.text, column.name));
  return added.length === 0 ? known : { ...known, columns: new Set([...known.columns, ...added]) };
}
