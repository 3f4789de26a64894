import { plainMode, tokensOf, type LexicalMode } from './lexer.ts';

/** Modes that stand for several, ANSI_QUOTES among them (MariaDB's manual, "Combination Modes"; MySQL keeps ANSI). */
const meansAnsiQuotes = new Set(['ANSI_QUOTES', 'ANSI', 'ORACLE', 'POSTGRESQL', 'MSSQL', 'DB2', 'MAXDB']);

/** How a sql_mode such as `ANSI_QUOTES,STRICT_TRANS_TABLES` makes the server read quotes. */
function lexicalMode(sqlMode: string): LexicalMode {
  const words = sqlMode
    .toUpperCase()
    .split(',')
    .map((name) => name.trim());
  return {
    ansiQuotes: words.some((name) => meansAnsiQuotes.has(name)),
    noBackslashEscapes: words.includes('NO_BACKSLASH_ESCAPES'),
  };
}

/** What is known of the session's sql_mode at a place in a script. */
export interface ModeState {
  readonly mode: LexicalMode;
  /** What user variables remember of it, as in `SET @old_sql_mode = @@sql_mode`. */
  readonly saved: ReadonlyMap<string, LexicalMode>;
}

/** The state at the start of a script that runs in this sql_mode. */
export const initialModeState = (sqlMode: string | undefined): ModeState => ({
  mode: sqlMode === undefined ? plainMode : lexicalMode(sqlMode),
  saved: new Map(),
});

const assignment = /^\s*(?:(?:session|local)\s+|@@(?:(?:session|local)\.)?)?sql_mode\s*:?=\s*([\s\S]*)$/i;
const saving = /^\s*(@[\w$.]+)\s*:?=\s*@@(?:(?:session|local)\.)?sql_mode\s*$/i;

/** Whether a statement is a SET, in a versioned comment or not. */
export const isSet = (statement: string): boolean => /^\s*(?:\/\*M?!\d*\s*)?set\b/i.test(statement);

/**
 * The state after a SET statement; other statements leave it is. Understood: a list in a string, a variable in
 * which the mode was saved, and CONCAT or REPLACE around `@@sql_mode`. Anything else is taken to leave it unchanged.
 */
export function followSqlMode(state: ModeState, statement: string): ModeState {
  if (!isSet(statement) || !/sql_mode/i.test(statement)) return state;
  let { mode } = state;
  const saved = new Map(state.saved);
  for (const item of assignments(statement)) {
    const variable = saving.exec(item)?.[1];
    if (variable !== undefined) saved.set(variable.toLowerCase(), mode);
    const value = assignment.exec(item)?.[1];
    if (value !== undefined) mode = valueOf(value.trim(), mode, saved);
  }
  return { mode, saved };
}

function valueOf(value: string, current: LexicalMode, saved: ReadonlyMap<string, LexicalMode>): LexicalMode {
  const known = saved.get(value.toLowerCase());
  if (known !== undefined) return known;
  const strings = [...value.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
  const named = lexicalMode(strings.join(','));
  if (!/sql_mode/i.test(value)) {
    // Without quotes a single mode may be named bare: SET sql_mode = ANSI.
    return strings.length > 0 ? named : /^\w+$/.test(value) ? lexicalMode(value) : current;
  }
  if (/^\s*replace\b/i.test(value))
    return {
      ansiQuotes: current.ansiQuotes && !named.ansiQuotes,
      noBackslashEscapes: current.noBackslashEscapes && !named.noBackslashEscapes,
    };
  return {
    ansiQuotes: current.ansiQuotes || named.ansiQuotes,
    noBackslashEscapes: current.noBackslashEscapes || named.noBackslashEscapes,
  };
}

/** The comma-separated assignments of a SET statement, commas in brackets and strings left alone. */
export function assignments(statement: string): string[] {
  const body = statement.replace(/^\s*(?:\/\*M?!\d*\s*)?set\b/i, '').replace(/\*\/\s*$/, '');
  const items: string[] = [];
  let depth = 0;
  let item = '';
  for (const piece of body.match(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|[(),]|[^'"(),]+|./gs) ?? []) {
    if (piece === '(') depth += 1;
    if (piece === ')') depth -= 1;
    if (piece === ',' && depth === 0) {
      items.push(item);
      item = '';
    } else item += piece;
  }
  return [...items, item];
}

/** Whether a SET statement turns autocommit on or off; undefined when it does neither. */
export function autocommitSetBy(statement: string): 'on' | 'off' | undefined {
  const tokens = [...tokensOf(statement)];
  const at = tokens.indexOf('AUTOCOMMIT');
  const value = at < 0 ? undefined : tokens.slice(at + 1).find((token) => token !== '=' && token !== ':');
  if (value === undefined) return undefined;
  return value === '0' || value === 'OFF' || value === 'FALSE' ? 'off' : 'on';
}
