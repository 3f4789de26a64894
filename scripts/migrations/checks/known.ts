import { alterOf, clauseOf } from './alter.ts';
import { createdTable, droppedTables } from './tables.ts';
import type { Token } from './tokens.ts';

/**
 * What the script itself has made: a table of its own holds no rows that anybody could miss. Names are compared as they
 * are written, which is right where the server tells their case apart, and says too little elsewhere.
 */
export interface Known {
  readonly tables: ReadonlySet<string>;
  /** `table.column`, the column in small letters: their case never counts. */
  readonly columns: ReadonlySet<string>;
}

export const columnKey = (table: string, column: string): string => `${table}.${column.toLowerCase()}`;

/** What is known once this statement has run, too. */
export function remember(known: Known, unit: readonly Token[]): Known {
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
