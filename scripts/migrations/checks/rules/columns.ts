import type { SqlToken } from '../../../sql/lexer.ts';
import { attributeAt, hasAttribute, isGenerated, isPrimary, type ColumnClause } from '../reading/tables.ts';
import { changesOfOldTable, columnKey, foundAt, rule, type Hit, type KnownSchema } from '../rule.ts';

const findings = {
  'change-type': 'warning',
  'enum-changed': 'warning',
  'change-charset': 'warning',
  'not-null-without-default': 'warning',
  'set-not-null': 'warning',
  'add-unique': 'warning',
  'add-foreign-key': 'warning',
  'add-check': 'warning',
  'rename-column': 'warning',
} as const;
type Found = Hit<keyof typeof findings>;

/** What ALTER TABLE does to the columns that are there, and those that it adds to rows that are there. */
export const columnChanges = rule(findings, () => ({ unit: changes }));

function* changes(unit: readonly SqlToken[], known: KnownSchema): Generator<Found, void> {
  for (const clause of changesOfOldTable(unit, known)) {
    const { table } = clause;
    if (clause.kind === 'add-columns') for (const column of clause.columns) yield* addedColumn(table, column);
    if (clause.kind === 'convert')
      yield foundAt('change-charset', clause.tokens[0], { object: table, detail: clause.charset });
    if (clause.kind === 'rename-column')
      yield foundAt('rename-column', clause.from, {
        object: `${table}.${clause.from.name}`,
        detail: clause.to,
      });
    if (clause.kind !== 'change-column' || known.columns.has(columnKey(table, clause.from))) continue;
    const { column, from } = clause;
    const object = `${table}.${from}`;
    if (column.name.toLowerCase() !== from.toLowerCase())
      yield foundAt('rename-column', column, { object, detail: column.name });
    yield* changedColumn(object, column);
  }
}

function* addedColumn(table: string, column: ColumnClause): Generator<Found, void> {
  const notNull = attributeAt(column, 'NOT', 'NULL');
  const hasValue =
    hasAttribute(column, 'DEFAULT') || hasAttribute(column, 'AUTO_INCREMENT') || isGenerated(column);
  if (notNull !== undefined && !hasValue)
    yield foundAt('not-null-without-default', notNull, { object: `${table}.${column.name}` });
  yield* constraintsOf(`${table}.${column.name}`, column);
}

const lists = new Set(['ENUM', 'SET']);

function* changedColumn(object: string, column: ColumnClause): Generator<Found, void> {
  const { type } = column;
  if (type !== undefined)
    yield foundAt(lists.has(type.keyword) ? 'enum-changed' : 'change-type', type, {
      object,
      detail: type.keyword,
    });
  const charset =
    attributeAt(column, 'COLLATE') ??
    attributeAt(column, 'CHARACTER', 'SET') ??
    attributeAt(column, 'CHARSET');
  if (charset !== undefined) {
    const words = column.attributes.slice(column.attributes.indexOf(charset) + 1);
    const named = words.find(({ keyword }) => keyword !== 'SET' && keyword !== '=');
    yield foundAt('change-charset', charset, { object, detail: named?.value ?? '' });
  }
  const notNull = attributeAt(column, 'NOT', 'NULL');
  if (notNull !== undefined) yield foundAt('set-not-null', notNull, { object });
  yield* constraintsOf(object, column);
}

/** Constraints that are written with the column itself. */
function* constraintsOf(object: string, column: ColumnClause): Generator<Found, void> {
  const unique = attributeAt(column, 'UNIQUE') ?? attributeAt(column, 'PRIMARY');
  // A new column that the server numbers cannot hold a value twice.
  const isNumbered = hasAttribute(column, 'AUTO_INCREMENT') && (isPrimary(column) || unique !== undefined);
  if (unique !== undefined && !isNumbered) yield foundAt('add-unique', unique, { object });
  const references = attributeAt(column, 'REFERENCES');
  if (references !== undefined) yield foundAt('add-foreign-key', references, { object });
  const check = attributeAt(column, 'CHECK');
  if (check !== undefined) yield foundAt('add-check', check, { object });
}
