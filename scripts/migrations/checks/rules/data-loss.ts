import type { SqlToken } from '../../../sql/lexer.ts';
import { Cursor } from '../reading/cursor.ts';
import { createdTable, droppedTables } from '../reading/tables.ts';
import { changesOfOldTable, columnKey, foundAt, rule, type Hit, type KnownSchema } from '../rule.ts';

const findings = {
  'drop-table': 'error',
  'drop-column': 'error',
  'drop-partition': 'error',
  truncate: 'error',
} as const;
type Found = Hit<keyof typeof findings>;

/** What takes data away that no later statement brings back. */
export const dataLoss = rule(findings, () => ({ unit: losses }));

function* losses(unit: readonly SqlToken[], known: KnownSchema): Generator<Found, void> {
  const dropped = droppedTables(unit);
  if (dropped?.temporary === false) {
    for (const name of dropped.names)
      if (!known.tables.has(name.text)) yield foundAt('drop-table', name, { object: name.text });
  }
  const created = createdTable(unit);
  if (created?.orReplace === true && !created.temporary && !known.tables.has(created.name.text))
    yield foundAt('drop-table', created.name, { object: created.name.text });
  yield* otherLosses(new Cursor(unit), known);
  for (const clause of changesOfOldTable(unit, known)) {
    const { table } = clause;
    if (clause.kind === 'drop-partition')
      yield foundAt('drop-partition', clause.tokens[0], { object: table, detail: clause.names });
    if (clause.kind === 'drop-column' && !known.columns.has(columnKey(table, clause.name.name)))
      yield foundAt('drop-column', clause.name, { object: `${table}.${clause.name.name}` });
  }
}

function* otherLosses(cursor: Cursor, known: KnownSchema): Generator<Found, void> {
  // TRUNCATE( … ) is a function, but no statement begins with it.
  if (cursor.take('TRUNCATE')) {
    cursor.take('TABLE');
    const name = cursor.name();
    if (name !== undefined && !known.tables.has(name.text))
      yield foundAt('truncate', name, { object: name.text });
  }
}
