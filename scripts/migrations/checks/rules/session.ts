import type { SqlToken } from '../../../sql/lexer.ts';
import { listOf } from '../reading/cursor.ts';
import { foundAt, rule, type Hit, type LateHit } from '../rule.ts';

const findings = {
  'set-global': 'error',
  'session-left-changed': 'warning',
} as const;
type Found = Hit<keyof typeof findings>;

/** Settings of the whole server, which no restore of the database takes back. */
function* globalSettings(unit: readonly SqlToken[]): Generator<Found, void> {
  for (const { scope, variable, start } of assignmentsOf(unit))
    if (scope === 'server') yield { code: 'set-global', start, object: variable };
}

/** Switches of the session, and the values that mean on. */
const switches = new Set(['foreign_key_checks', 'unique_checks', 'autocommit', 'sql_log_bin']);
const on = new Set(['1', 'ON', 'TRUE']);
/** Other settings under which the statements of a script, and the rows that they write, mean something else. */
const settings = new Set(['sql_mode', 'time_zone']);

/** Settings that outlive the script: of the server, and what is not as before at its end, of the session with its locks. */
export const session = rule(findings, () => {
  const changed = new Map<string, LateHit<'session-left-changed'>>();
  return {
    unit: globalSettings,
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
});

/** One assignment of a SET statement. */
interface Assignment {
  /** For the whole server (and, with PERSIST, for after its restart), or for this session. */
  readonly scope: 'server' | 'session';
  /** In small letters, without @@ and scope; empty for a user variable, and for SET NAMES and the like. */
  readonly variable: string;
  readonly start: number;
  readonly value: readonly SqlToken[];
}

const serverScopes = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY']);
const sessionScopes = new Set(['SESSION', 'LOCAL']);

/** The assignments of a SET statement; none for any other. */
function assignmentsOf(unit: readonly SqlToken[]): Assignment[] {
  if (unit[0]?.keyword !== 'SET') return [];
  return listOf(unit.slice(1)).flatMap((tokens): Assignment[] => {
    const equals = tokens.findIndex(({ keyword }) => keyword === '=');
    const left = tokens.slice(0, equals).filter(({ keyword }) => keyword !== ':');
    const [first] = left;
    if (equals < 0 || first === undefined) return [];
    const isUserVariable = first.keyword === '@' && left[1]?.keyword !== '@';
    const words = left.filter(({ kind }) => kind !== 'sign');
    const scope = words.length > 1 ? (words[0]?.keyword ?? '') : '';
    const isServer = serverScopes.has(scope);
    if (isUserVariable || (words.length > 1 && !isServer && !sessionScopes.has(scope))) return [];
    return [
      {
        scope: isServer ? 'server' : 'session',
        variable: words.at(-1)?.value.toLowerCase() ?? '',
        start: first.start,
        value: tokens.slice(equals + 1),
      },
    ];
  });
}

/** Whether a value is what the session had before: DEFAULT, or what a user variable has kept. */
function isFormerValue([first, second]: readonly SqlToken[]): boolean {
  if (first?.keyword === 'DEFAULT') return true;
  if (first?.keyword !== '@') return false;
  return second?.keyword !== '@';
}
