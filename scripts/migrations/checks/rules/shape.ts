import { alterOf } from '../reading/alter.ts';
import type { StatementReading } from '../reading/reading.ts';
import { foundAt, rule, type Hit, type KnownSchema } from '../rule.ts';

const findings = {
  'mixed-ddl-and-rows': 'info',
  'several-alters': 'info',
} as const;
type Found = Hit<keyof typeof findings>;

/** What would be better in several scripts, or in one statement. */
export const shape = rule(findings, () => {
  const mixed = mixedKinds();
  const alters = severalAlters();
  return {
    *read(reading, known) {
      yield* mixed(reading);
      yield* alters(reading, known);
    },
  };
});

const definitions = new Set(['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'RENAME']);
const rows = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'LOAD']);

/** A script that changes both the schema and rows: told once, where the second kind begins. */
function mixedKinds(): (reading: StatementReading) => Generator<Found, void> {
  const seen = new Set<'schema' | 'rows'>();
  return function* ({ statement, units }) {
    for (const [first] of units) {
      const word = first?.keyword ?? '';
      const isSchema = definitions.has(word) && statement.kind !== 'session';
      if (!isSchema && !rows.has(word)) continue;
      const before = seen.size;
      seen.add(isSchema ? 'schema' : 'rows');
      if (before === 1 && seen.size === 2) yield foundAt('mixed-ddl-and-rows', first);
    }
  };
}

/** Two ALTER TABLE of one table that was there before: told once a table, at the second. */
function severalAlters(): (reading: StatementReading, known: KnownSchema) => Generator<Found, void> {
  const times = new Map<string, number>();
  return function* ({ units }, known) {
    for (const unit of units) {
      const table = alterOf(unit)?.table;
      if (table === undefined || known.tables.has(table.text)) continue;
      const before = times.get(table.text) ?? 0;
      times.set(table.text, before + 1);
      if (before === 1) yield foundAt('several-alters', unit[0], { object: table.text });
    }
  };
}
