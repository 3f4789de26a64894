import type { SqlToken } from '../../../sql/lexer.ts';
import { Cursor, outsideBrackets, type DottedName } from './cursor.ts';

/** CREATE TABLE, as far as the checks look at it. */
export interface CreatedTable {
  readonly name: DottedName;
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  /** What comes after the name: definitions, options, LIKE, SELECT. */
  readonly rest: readonly SqlToken[];
}

/** Reads CREATE TABLE; undefined for any other statement. */
export function createdTable(unit: readonly SqlToken[]): CreatedTable | undefined {
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
  unit: readonly SqlToken[],
): { readonly names: readonly DottedName[]; readonly temporary: boolean } | undefined {
  const cursor = new Cursor(unit);
  if (!cursor.take('DROP')) return undefined;
  const temporary = cursor.take('TEMPORARY');
  if (cursor.takeOneOf('TABLE', 'TABLES') === undefined) return undefined;
  cursor.takeExistence();
  return { names: tableNamesIn(cursor), temporary };
}

/** Reads names with commas between them. */
export function tableNamesIn(cursor: Cursor): DottedName[] {
  const names: DottedName[] = [];
  do {
    const name = cursor.name();
    if (name !== undefined) names.push(name);
  } while (cursor.take(','));
  return names;
}

/** The definition of a column. */
export interface ColumnClause {
  readonly name: string;
  readonly start: number;
  /** The word that names its type. */
  readonly type: SqlToken | undefined;
  /** What comes after the type, without what stands in brackets. */
  readonly attributes: readonly SqlToken[];
}

/** Reads a column's name and definition; undefined when there is no name. */
export function columnOf(tokens: readonly SqlToken[]): ColumnClause | undefined {
  const cursor = new Cursor(tokens);
  const name = cursor.name();
  if (name === undefined) return undefined;
  const type = cursor.next();
  return {
    name: name.name,
    start: name.start,
    type,
    attributes: outsideBrackets(tokens.slice(cursor.at)),
  };
}

/** Whether these keywords stand one after the other among its attributes. */
export function hasAttribute(column: ColumnClause, ...keywords: readonly string[]): boolean {
  return attributeAt(column, ...keywords) !== undefined;
}

/** The first token of these keywords among its attributes. */
export function attributeAt(column: ColumnClause, ...keywords: readonly string[]): SqlToken | undefined {
  const { attributes } = column;
  return attributes.find((_, index) =>
    keywords.every((keyword, ahead) => attributes[index + ahead]?.keyword === keyword),
  );
}

/** Whether the column is the primary key by itself: PRIMARY KEY, or KEY alone. */
export function isPrimary(column: ColumnClause): boolean {
  return column.attributes.some(
    ({ keyword }, index) =>
      keyword === 'PRIMARY' || (keyword === 'KEY' && column.attributes[index - 1]?.keyword !== 'UNIQUE'),
  );
}

/** Whether its values come from an expression. */
export const isGenerated = (column: ColumnClause): boolean =>
  hasAttribute(column, 'AS') || hasAttribute(column, 'GENERATED');
