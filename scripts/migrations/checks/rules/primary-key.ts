import { wordSet, type SqlToken } from '../../../sql/lexer.ts';
import { alterOf } from '../reading/alter.ts';
import { Cursor, listOf, outsideBrackets } from '../reading/cursor.ts';
import { columnOf, createdTable, droppedTables, isPrimary, type CreatedTable } from '../reading/tables.ts';
import { foundAt, rule, type LateHit } from '../rule.ts';

/**
 * Tables that have no primary key at the end of the script: made without one, or left without one. Dumps add it in an
 * ALTER TABLE of its own, further down.
 */
export const primaryKey = rule({ 'no-primary-key': 'warning' }, () => {
  const without = new Map<string, LateHit<'no-primary-key'>>();
  return {
    read({ statement, units }) {
      for (const unit of units) {
        const created = createdTable(unit);
        if (created !== undefined && !created.temporary && !hasPrimaryKey(created))
          without.set(created.name.text, {
            ...foundAt('no-primary-key', created.name, { object: created.name.text }),
            statement,
          });
        for (const name of droppedTables(unit)?.names ?? []) without.delete(name.text);
        const alter = alterOf(unit);
        const clauses = alter?.clauses ?? [];
        const table = alter?.table.text ?? '';
        const dropped = clauses.find(({ kind }) => kind === 'drop-primary-key');
        if (dropped !== undefined)
          without.set(table, {
            ...foundAt('no-primary-key', dropped.tokens[0], { object: table }),
            statement,
          });
        const isAdded = clauses.some(
          (clause) =>
            clause.kind === 'add-primary-key' ||
            (clause.kind === 'add-columns' && clause.columns.some(isPrimary)) ||
            (clause.kind === 'change-column' && isPrimary(clause.column)),
        );
        if (isAdded) without.delete(table);
      }
      return [];
    },
    end: () => without.values(),
  };
});

/** Words at the start of what is no column. */
const noColumns = wordSet('INDEX KEY UNIQUE FULLTEXT SPATIAL FOREIGN CHECK PERIOD VECTOR');

/** Whether it is made with a primary key, or as another table is. */
function hasPrimaryKey({ rest }: CreatedTable): boolean {
  const cursor = new Cursor(rest);
  if (cursor.take('LIKE')) return true;
  const definitions = cursor.group() ?? [];
  if (definitions[0]?.keyword === 'LIKE') return true;
  return listOf(definitions).some(isPrimaryKey);
}

function isPrimaryKey(definition: readonly SqlToken[]): boolean {
  const first = definition[0]?.keyword ?? '';
  const words = outsideBrackets(definition).map(({ keyword }) => keyword);
  if (first === 'PRIMARY' || first === 'CONSTRAINT') return words.includes('PRIMARY');
  if (noColumns.has(first)) return false;
  const column = columnOf(definition);
  return column !== undefined && isPrimary(column);
}
