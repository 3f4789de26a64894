import { alterOf } from '../reading/alter.ts';
import { foundAt, type ScriptRule } from '../rule.ts';

const definitions = new Set(['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'RENAME']);
const rows = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'LOAD']);

/** A script that changes both the schema and rows: told once, where the second kind begins. */
export function mixedRule(): ScriptRule {
  const seen = new Set<'schema' | 'rows'>();
  return {
    *read({ statement, units }) {
      for (const [first] of units) {
        const word = first?.keyword ?? '';
        const isSchema = definitions.has(word) && statement.kind !== 'session';
        if (!isSchema && !rows.has(word)) continue;
        const before = seen.size;
        seen.add(isSchema ? 'schema' : 'rows');
        if (before === 1 && seen.size === 2) yield foundAt('mixed-ddl-and-rows', first);
      }
    },
  };
}

/** Two ALTER TABLE of one table that was there before: told once a table, at the second. */
export function severalAltersRule(): ScriptRule {
  const times = new Map<string, number>();
  return {
    *read({ units }, known) {
      for (const unit of units) {
        const table = alterOf(unit)?.table;
        if (table === undefined || known.tables.has(table.text)) continue;
        const before = times.get(table.text) ?? 0;
        times.set(table.text, before + 1);
        if (before === 1) yield foundAt('several-alters', unit[0], { object: table.text });
      }
    },
  };
}
