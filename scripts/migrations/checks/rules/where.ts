import type { SqlToken } from '../../../sql/lexer.ts';
import { Cursor, listOf, outsideBrackets, type DottedName } from '../reading/cursor.ts';
import { columnKey, foundAt, rule, type Hit, type KnownSchema } from '../rule.ts';

const findings = {
  'delete-without-where': 'error',
  'update-without-where': 'error',
} as const;
type Found = Hit<keyof typeof findings>;

/**
 * DELETE and UPDATE that take in every row: without WHERE, without LIMIT, and without a join that picks rows. Columns
 * that the script has just added, and tables that it has made, lose nothing.
 */
export const withoutWhere = rule(findings, () => ({ unit: everyRow }));

function* everyRow(unit: readonly SqlToken[], known: KnownSchema): Generator<Found, void> {
  const cursor = new Cursor(unit);
  const verb = cursor.takeOneOf('DELETE', 'UPDATE');
  if (verb === undefined || outsideBrackets(unit).some(({ keyword }) => narrowing.has(keyword))) return;
  while (modifiers.has(cursor.keyword())) cursor.next();
  const table = cursor.name();
  if (table === undefined || known.tables.has(table.text)) return;
  if (verb === 'UPDATE' && fillsNewColumns(unit, table, known)) return;
  const code = verb === 'DELETE' ? 'delete-without-where' : 'update-without-where';
  yield foundAt(code, unit[0], { object: table.text });
}

/** ON and USING of a join; `DELETE FROM a USING a JOIN …` has a join, too. */
const narrowing = new Set(['WHERE', 'LIMIT', 'ON', 'USING']);
const modifiers = new Set(['LOW_PRIORITY', 'QUICK', 'IGNORE', 'FROM', 'ONLY']);

/** Whether every column that is set was added by the script itself. */
function fillsNewColumns(unit: readonly SqlToken[], table: DottedName, known: KnownSchema): boolean {
  const at = unit.findIndex(({ keyword }) => keyword === 'SET');
  const assignments = listOf(unit.slice(at + 1)).map((tokens) => new Cursor(tokens).name());
  return (
    at >= 0 &&
    assignments.every((name) => name !== undefined && known.columns.has(columnKey(table.text, name.name)))
  );
}
