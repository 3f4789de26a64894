import { Cursor, type DottedName } from './cursor.ts';
import type { Token } from './tokens.ts';

/** CREATE TABLE, as far as the checks look at it. */
export interface CreatedTable {
  readonly name: DottedName;
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  /** What comes after the name: definitions, options, LIKE, SELECT. */
  readonly rest: readonly Token[];
}

/** Reads CREATE TABLE; undefined for any other statement. */
export function createdTable(unit: readonly Token[]): CreatedTable | undefined {
  const cursor = new Cursor(unit);
  if (!cursor.take('CREATE')) return undefined;
  const orReplace = cursor.take('OR', 'REPLACE');
  const temporary = cursor.take('TEMPORARY');
  if (!cursor.take('TABLE')) return undefined;
  const ifNotExists = cursor.takeExistence();
  const name = cursor.name();
  return name === undefined
    ? undefined
    : { name, orReplace, temporary, ifNotExists, rest: unit.slice(cursor.at) };
}

/** Reads DROP TABLE; undefined for any other statement. */
export function droppedTables(
  unit: readonly Token[],
): { readonly names: readonly DottedName[]; readonly temporary: boolean } | undefined {
  const cursor = new Cursor(unit);
  if (!cursor.take('DROP')) return undefined;
  const temporary = cursor.take('TEMPORARY');
  if (cursor.takeOneOf('TABLE', 'TABLES') === undefined) return undefined;
  cursor.takeExistence();
  return { names: namesIn(cursor), temporary };
}

/** Reads names with commas between them. */
export function namesIn(cursor: Cursor): DottedName[] {
  const names: DottedName[] = [];
  do {
    const name = cursor.name();
    if (name !== undefined) names.push(name);
  } while (cursor.take(','));
  return names;
}
