import type { SqlToken } from '../../sql/lexer.ts';
import type { Flavour } from '../../sql/flavour.ts';
import type { Statement } from '../../sql/statement.ts';
import { alterOf, type AlterTable } from './reading/alter.ts';
import type { StatementReading } from './reading/reading.ts';
import { createdTable, droppedTables } from './reading/tables.ts';

/**
 * How much a finding weighs:
 * - `error`: data is lost, or something outside of the database is changed; `maj migrate check` says no
 * - `warning`: can fail, block or lose something, depending on the rows, the server or the order of a deployment
 * - `info`: good to know
 */
export type Severity = 'error' | 'warning' | 'info';

/** What the sentence of a finding is made of. */
export interface FindingFacts {
  /** What it is about, as the script writes it: a table, `table.column`, an account, a variable. */
  readonly object?: string;
  /** What else there is to say, in SQL's own words: `ENGINE`, `'0000-00-00'`, `RETURNING`. */
  readonly detail?: string;
}

/** What a rule has found; `check.ts` makes a finding of it. */
export interface Hit<C extends string> extends FindingFacts {
  readonly code: C;
  /** Where in the text of the statement. */
  readonly start: number;
}

/** What only the end of a script tells, with the statement that it is about. */
export interface LateHit<C extends string> extends Hit<C> {
  readonly statement: Statement;
}

/** How a rule looks at one script, from its first statement to its last. */
interface Look<C extends string> {
  /** At each thing that is executed, by itself. */
  unit?(unit: readonly SqlToken[], known: KnownSchema): Iterable<Hit<C>>;
  /** At each statement; it may remember what it has seen. */
  read?(reading: StatementReading, known: KnownSchema): Iterable<Hit<C>>;
  end?(): Iterable<LateHit<C>>;
}

/** A rule: a file of `rules/`, which names its findings and looks for them. Their texts are in the message catalogue. */
export interface Rule<C extends string> {
  readonly findings: Readonly<Partial<Record<C, Severity>>>;
  /** Undefined: what it would need is not known, so that nobody can say that there is nothing. */
  readonly look: (options: CheckOptions) => Look<C> | undefined;
}

/** Makes a rule. */
export const rule = <C extends string>(
  findings: Readonly<Record<C, Severity>>,
  look: (options: CheckOptions) => Look<NoInfer<C>> | undefined,
): Rule<C> => ({ findings, look });

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
export const foundAt = <C extends string>(
  code: C,
  at: { readonly start: number } | undefined,
  facts: FindingFacts = {},
): Hit<C> => ({ code, start: at?.start ?? 0, ...facts });

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

/** A clause of ALTER TABLE, with the name of a table that the script has not made. */
export type OldTableChange = AlterTable['clauses'][number] & { readonly table: string };

/** What ALTER TABLE does to a table that the script has not made, clause by clause. */
export function* changesOfOldTable(
  unit: readonly SqlToken[],
  known: KnownSchema,
): Generator<OldTableChange, void> {
  const alter = alterOf(unit);
  if (alter === undefined || known.tables.has(alter.table.text)) return;
  for (const clause of alter.clauses) yield { ...clause, table: alter.table.text };
}

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
    .flatMap((clause) => (clause.kind === 'add-columns' && !clause.ifNotExists ? clause.columns : []))
    .map((column) => columnKey(alter.table.text, column.name));
  return added.length === 0 ? known : { ...known, columns: new Set([...known.columns, ...added]) };
}
