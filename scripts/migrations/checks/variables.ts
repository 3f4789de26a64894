import { listOf } from './cursor.ts';
import type { Token } from './tokens.ts';

/** One assignment of a SET statement. */
export interface Assignment {
  /** For the whole server (and, with PERSIST, for after its restart), or for this session. */
  readonly scope: 'server' | 'session';
  /** In small letters, without @@ and scope; empty for a user variable, and for SET NAMES and the like. */
  readonly variable: string;
  readonly start: number;
  readonly value: readonly Token[];
}

const serverScopes = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY']);
const sessionScopes = new Set(['SESSION', 'LOCAL']);

/** The assignments of a SET statement; none for any other. */
export function assignmentsOf(unit: readonly Token[]): Assignment[] {
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
export function isFormerValue([first, second]: readonly Token[]): boolean {
  if (first?.keyword === 'DEFAULT') return true;
  if (first?.keyword !== '@') return false;
  return second?.keyword !== '@';
}
