import { wordSet, type SqlToken } from '../../../sql/lexer.ts';
import { Cursor, outsideBrackets } from '../reading/cursor.ts';
import { hasAttribute, tableNamesIn } from '../reading/tables.ts';
import {
  changesOfOldTable,
  foundAt,
  rule,
  type Hit,
  type KnownSchema,
  type OldTableChange,
} from '../rule.ts';

const findings = {
  'add-unique': 'warning',
  'add-foreign-key': 'warning',
  'add-check': 'warning',
  'rename-table': 'warning',
  'table-copy': 'warning',
} as const;
type Found = Hit<keyof typeof findings>;

/** What is done to a table as a whole: constraints, new names, and what makes the server write it anew. */
export const tableChanges = rule(findings, () => ({ unit: changes }));

function* changes(unit: readonly SqlToken[], known: KnownSchema): Generator<Found, void> {
  yield* renames(new Cursor(unit), known);
  yield* otherStatements(new Cursor(unit), known);
  for (const clause of changesOfOldTable(unit, known)) {
    const { kind, tokens, table: object } = clause;
    if (kind === 'add-unique' || kind === 'add-foreign-key' || kind === 'add-check')
      yield foundAt(kind, tokens[0], { object });
    if (kind === 'add-primary-key') yield foundAt('add-unique', tokens[0], { object });
    if (kind === 'rename-table') yield foundAt(kind, tokens[0], { object, detail: clause.to.text });
    yield* copies(clause);
  }
}

function* renames(cursor: Cursor, known: KnownSchema): Generator<Found, void> {
  if (!cursor.take('RENAME') || cursor.takeOneOf('TABLE', 'TABLES') === undefined) return;
  do {
    cursor.takeExistence();
    const from = cursor.name();
    while (!cursor.isAtEnd && !cursor.take('TO')) cursor.next();
    const to = cursor.name();
    if (from !== undefined && !known.tables.has(from.text))
      yield foundAt('rename-table', from, { object: from.text, detail: to?.text ?? '' });
  } while (cursor.take(','));
}

function* otherStatements(cursor: Cursor, known: KnownSchema): Generator<Found, void> {
  const first = cursor.peek();
  if (cursor.take('CREATE')) {
    cursor.take('OR', 'REPLACE');
    const isUnique = cursor.take('UNIQUE');
    if (!isUnique || !cursor.take('INDEX')) return;
    while (!cursor.isAtEnd && !cursor.take('ON')) cursor.next();
    const table = cursor.name();
    if (table !== undefined && !known.tables.has(table.text))
      yield foundAt('add-unique', first, { object: table.text });
  }
  if (cursor.take('OPTIMIZE')) {
    cursor.takeOneOf('NO_WRITE_TO_BINLOG', 'LOCAL');
    if (cursor.takeOneOf('TABLE', 'TABLES') === undefined) return;
    for (const name of tableNamesIn(cursor))
      if (!known.tables.has(name.text))
        yield foundAt('table-copy', name, { object: name.text, detail: 'OPTIMIZE TABLE' });
  }
}

/** Clauses for which the servers write every row anew, or read all of them (manuals: online DDL operations). */
const rebuilding = wordSet('ENGINE ROW_FORMAT KEY_BLOCK_SIZE FORCE ORDER PARTITION REMOVE');

function* copies(clause: OldTableChange): Generator<Found, void> {
  const { table: object, tokens } = clause;
  const at = tokens[0];
  const rebuilds = (detail: string): Found => foundAt('table-copy', at, { object, detail });
  if (clause.kind === 'drop-primary-key') yield rebuilds('DROP PRIMARY KEY');
  if (clause.kind === 'add-columns')
    for (const column of clause.columns) {
      if (hasAttribute(column, 'AUTO_INCREMENT')) yield rebuilds('AUTO_INCREMENT');
      const isStored = hasAttribute(column, 'STORED') || hasAttribute(column, 'PERSISTENT');
      if (isStored) yield rebuilds('STORED');
    }
  if (clause.kind !== 'other' || at === undefined) return;
  const words = outsideBrackets(tokens).map(({ keyword }) => keyword);
  const option = words.find((word) => rebuilding.has(word));
  if (at.keyword === 'ALGORITHM' && words.includes('COPY')) yield rebuilds('ALGORITHM=COPY');
  else if (at.keyword === 'ADD' && words[1] === 'FULLTEXT') yield rebuilds('FULLTEXT');
  else if (!clauseVerbs.has(at.keyword) && option !== undefined)
    yield rebuilds(option === 'ORDER' ? 'ORDER BY' : option);
}

/** In these the words of `rebuilding` are names or say something else: ADD PARTITION, COALESCE PARTITION, ALTER INDEX. */
const clauseVerbs = wordSet(
  'ADD DROP ALTER RENAME MODIFY CHANGE COALESCE EXCHANGE ANALYZE CHECK DISABLE ENABLE IMPORT DISCARD',
  'VALIDATE WITHOUT WITH',
);
