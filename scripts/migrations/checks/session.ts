import type { Statement } from '../statement.ts';
import { foundAt, type Found, type ScriptRule } from './rule.ts';
import type { Token } from './tokens.ts';
import { assignmentsOf, isFormerValue } from './variables.ts';

/** Settings of the whole server, which no restore of the database takes back. */
export function* globalSettings(unit: readonly Token[]): Generator<Found, void> {
  for (const { scope, variable, start } of assignmentsOf(unit))
    if (scope === 'server') yield { code: 'set-global', start, object: variable };
}

/** Switches of the session, and the values that mean on. */
const switches = new Set(['foreign_key_checks', 'unique_checks', 'autocommit', 'sql_log_bin']);
const on = new Set(['1', 'ON', 'TRUE']);
/** Other settings under which the statements of a script, and the rows that they write, mean something else. */
const settings = new Set(['sql_mode', 'time_zone']);

/** What is not as before at the end of a script: settings of the session, and locks. */
export function sessionRule(): ScriptRule {
  const changed = new Map<string, Found & { readonly statement: Statement }>();
  return {
    read({ statement, units }) {
      if (statement.kind === 'lock')
        changed.set('LOCK TABLES', {
          ...foundAt('session-left-changed', units[0]?.[0], { object: 'LOCK TABLES' }),
          statement,
        });
      // A transaction that begins lets go of locks, too.
      if (statement.kind === 'unlock' || statement.kind === 'begin') changed.delete('LOCK TABLES');
      for (const { scope, variable, start, value } of units.flatMap(assignmentsOf)) {
        if (scope !== 'session' || !(switches.has(variable) || settings.has(variable))) continue;
        const isOn = switches.has(variable) && on.has((value[0]?.value ?? '').toUpperCase());
        if (isFormerValue(value) || isOn) changed.delete(variable);
        else changed.set(variable, { code: 'session-left-changed', start, object: variable, statement });
      }
      return [];
    },
    end: () => changed.values(),
  };
}
