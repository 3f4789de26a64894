import { namedDatabases } from './named-databases.ts';
import type { CheckOptions, Found } from './rule.ts';
import type { Token } from './tokens.ts';

/** What every server has, and what says something of the database only: no script can change it. */
const readOnly = new Set(['information_schema', 'performance_schema']);

/** Names of other databases, and the live one's own name where it need not be: once a statement. */
export function* databaseNames(
  tokens: readonly Token[],
  { database }: Pick<CheckOptions, 'database'>,
): Generator<Found, void> {
  const seen = new Set<string>();
  for (const { name, start } of namedDatabases(tokens)) {
    if (seen.has(name) || readOnly.has(name.toLowerCase())) continue;
    seen.add(name);
    const isOther = database !== undefined && name !== database;
    yield { code: isOther ? 'other-database' : 'qualified-name', start, object: name };
  }
}
