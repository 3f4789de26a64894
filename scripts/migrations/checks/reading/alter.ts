import { wordSet, type SqlToken } from '../../../sql/lexer.ts';
import { Cursor, listOf, type DottedName } from './cursor.ts';
import { columnOf, type ColumnClause } from './tables.ts';

/** ALTER TABLE: the table, and what is done to it. */
export interface AlterTable {
  readonly table: DottedName;
  readonly clauses: readonly (AlterClause & { readonly tokens: readonly SqlToken[] })[];
}

/** One clause of ALTER TABLE, as far as the checks look at it. */
type AlterClause =
  | { readonly kind: 'add-columns'; readonly ifNotExists: boolean; readonly columns: readonly ColumnClause[] }
  /** MODIFY and CHANGE: `from` is the name of before. */
  | { readonly kind: 'change-column'; readonly from: string; readonly column: ColumnClause }
  | { readonly kind: 'drop-column'; readonly name: DottedName }
  | { readonly kind: 'rename-column'; readonly from: DottedName; readonly to: string }
  | { readonly kind: 'rename-table'; readonly to: DottedName }
  | { readonly kind: 'convert'; readonly charset: string }
  | { readonly kind: 'drop-partition'; readonly names: string }
  | { readonly kind: 'add-unique' | 'add-foreign-key' | 'add-check' }
  | { readonly kind: 'add-primary-key' | 'drop-primary-key' }
  | { readonly kind: 'other' };

/** Reads ALTER TABLE; undefined for any other statement. */
export function alterOf(unit: readonly SqlToken[]): AlterTable | undefined {
  const cursor = new Cursor(unit);
  if (!cursor.take('ALTER')) return undefined;
  cursor.takeOneOf('ONLINE', 'OFFLINE');
  cursor.take('IGNORE');
  if (!cursor.take('TABLE')) return undefined;
  cursor.takeExistence();
  const table = cursor.name();
  if (table === undefined) return undefined;
  if (cursor.take('WAIT')) cursor.next();
  else cursor.take('NOWAIT');
  const clauses = listOf(unit.slice(cursor.at)).filter((tokens) => tokens.length > 0);
  return { table, clauses: clauses.map((tokens) => ({ ...clauseOf(tokens), tokens })) };
}

/** Says what a clause does. */
function clauseOf(tokens: readonly SqlToken[]): AlterClause {
  const cursor = new Cursor(tokens);
  switch (cursor.takeOneOf('ADD', 'MODIFY', 'CHANGE', 'DROP', 'RENAME', 'CONVERT', 'TRUNCATE')) {
    case 'ADD':
      return added(cursor);
    case 'MODIFY':
    case 'CHANGE': {
      cursor.take('COLUMN');
      cursor.takeExistence();
      const start = cursor.at;
      const from = cursor.name();
      // MODIFY names the column once: it stays what it is called.
      const column = columnOf(tokens.slice(tokens[0]?.keyword === 'CHANGE' ? cursor.at : start));
      return from === undefined || column === undefined
        ? { kind: 'other' }
        : { kind: 'change-column', from: from.name, column };
    }
    case 'DROP':
      return dropped(cursor);
    case 'RENAME':
      return renamed(cursor);
    case 'CONVERT':
      return cursor.take('TO', 'CHARACTER', 'SET') || cursor.take('TO', 'CHARSET')
        ? { kind: 'convert', charset: cursor.peek()?.value ?? '' }
        : { kind: 'other' };
    case 'TRUNCATE':
      return partitions(cursor);
    case undefined:
    default:
      return { kind: 'other' };
  }
}

const constraints = { UNIQUE: 'add-unique', FOREIGN: 'add-foreign-key', CHECK: 'add-check' } as const;
const noColumns = wordSet('INDEX KEY FULLTEXT SPATIAL PARTITION PERIOD SYSTEM VECTOR');

function added(cursor: Cursor): AlterClause {
  if (cursor.take('CONSTRAINT')) {
    const isNamed = !['UNIQUE', 'FOREIGN', 'CHECK', 'PRIMARY'].includes(cursor.keyword());
    if (isNamed) cursor.name();
  }
  if (cursor.take('PRIMARY', 'KEY')) return { kind: 'add-primary-key' };
  const constraint = cursor.takeOneOf('UNIQUE', 'FOREIGN', 'CHECK');
  if (constraint === 'UNIQUE' || constraint === 'FOREIGN' || constraint === 'CHECK')
    return { kind: constraints[constraint] };
  if (!cursor.take('COLUMN') && noColumns.has(cursor.keyword())) return { kind: 'other' };
  const ifNotExists = cursor.takeExistence();
  const definitions = listOf(cursor.group() ?? cursor.tokens.slice(cursor.at));
  const columns = definitions.map(columnOf).filter((column) => column !== undefined);
  return { kind: 'add-columns', ifNotExists, columns };
}

const noDroppedColumns = wordSet('INDEX KEY FOREIGN CONSTRAINT CHECK SYSTEM PERIOD DEFAULT');

function dropped(cursor: Cursor): AlterClause {
  if (cursor.take('PRIMARY', 'KEY')) return { kind: 'drop-primary-key' };
  if (cursor.keyword() === 'PARTITION') return partitions(cursor);
  if (!cursor.take('COLUMN') && noDroppedColumns.has(cursor.keyword())) return { kind: 'other' };
  cursor.takeExistence();
  const name = cursor.name();
  return name === undefined ? { kind: 'other' } : { kind: 'drop-column', name };
}

function partitions(cursor: Cursor): AlterClause {
  cursor.take('PARTITION');
  cursor.takeExistence();
  return { kind: 'drop-partition', names: cursor.peek()?.value ?? '' };
}

function renamed(cursor: Cursor): AlterClause {
  if (cursor.takeOneOf('INDEX', 'KEY') !== undefined) return { kind: 'other' };
  if (cursor.take('COLUMN')) {
    cursor.takeExistence();
    const from = cursor.name();
    cursor.take('TO');
    const to = cursor.name();
    return from === undefined || to === undefined
      ? { kind: 'other' }
      : { kind: 'rename-column', from, to: to.name };
  }
  cursor.takeOneOf('TO', 'AS', '=');
  const to = cursor.name();
  return to === undefined ? { kind: 'other' } : { kind: 'rename-table', to };
}
