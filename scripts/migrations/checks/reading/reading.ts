import {
  tokensWithComments,
  endOfComment,
  endOfQuoted,
  isLineComment,
  lineEnd,
  versionedOpening,
  type LexicalMode,
  type SqlToken,
} from '../../../sql/lexer.ts';
import type { Statement } from '../../../sql/statement.ts';

/** A statement, taken apart for the checks. */
export interface StatementReading {
  readonly statement: Statement;
  /** How its quotes are read. */
  readonly mode: LexicalMode;
  /** All of it, without comments. */
  readonly tokens: readonly SqlToken[];
  /** What it executes: itself, or the statements inside of it. */
  readonly units: readonly (readonly SqlToken[])[];
}

/** Takes a statement apart, with the quotes that its sql_mode has. */
export function readStatement(statement: Statement, mode: LexicalMode): StatementReading {
  const tokens = tokensOfStatement(statement.text, mode);
  return { statement, mode, tokens, units: unitsOf(tokens) };
}

const blockWords = new Set(['BEGIN', 'THEN', 'ELSE', 'DO', 'LOOP', 'REPEAT', ';']);

/**
 * MariaDB's anonymous block (BEGIN NOT ATOMIC … END) and SET STATEMENT … FOR run other statements at once; the body of
 * a routine, trigger or event runs later, if ever.
 */
function unitsOf(tokens: readonly SqlToken[]): (readonly SqlToken[])[] {
  const [first, second, third] = tokens.slice(0, 3).map(({ keyword }) => keyword);
  if (first === 'SET' && second === 'STATEMENT') {
    const at = tokens.findIndex((token) => token.keyword === 'FOR');
    return at < 0 ? [tokens] : [tokens.slice(at + 1)];
  }
  if (first !== 'BEGIN' || second !== 'NOT' || third !== 'ATOMIC') return [withoutCtes(tokens)];
  const units: (readonly SqlToken[])[] = [];
  let start = 3;
  for (const [index, { keyword }] of tokens.entries()) {
    if (index < 3 || !blockWords.has(keyword)) continue;
    if (index > start) units.push(withoutCtes(tokens.slice(start, index)));
    start = index + 1;
  }
  return [...units, withoutCtes(tokens.slice(start))];
}

const verbs = new Set(['SELECT', 'UPDATE', 'DELETE', 'INSERT', 'REPLACE', 'VALUES', 'TABLE']);

/** `WITH a AS (…) DELETE …`: from DELETE on. */
function withoutCtes(tokens: readonly SqlToken[]): readonly SqlToken[] {
  if (tokens[0]?.keyword !== 'WITH') return tokens;
  let depth = 0;
  const at = tokens.findIndex(({ keyword }) => {
    if (keyword === '(') depth += 1;
    if (keyword === ')') depth -= 1;
    return depth === 0 && verbs.has(keyword);
  });
  return at < 0 ? tokens : tokens.slice(at);
}

/** A string that is a date of nothing but zeros, or a time stamp of that date. */
export const isZeroDate = (token: SqlToken): boolean =>
  token.kind === 'string' && /^0000-00-00(?:[ T]00:00:00(?:\.0+)?)?$/.test(token.value);

/**
 * The tokens of a statement without comments, and without what rows are made of: a seed of many megabytes has nothing
 * else, and nothing of it can be a finding, but for zero dates.
 */
export function tokensOfStatement(text: string, mode: LexicalMode): SqlToken[] {
  const tokens: SqlToken[] = [];
  let depth = 0;
  /** The brackets within which rows stand: those right after VALUES. */
  let inValues = false;
  for (const token of tokensWithComments(text, mode)) {
    if (token.kind === 'comment') continue;
    if (token.keyword === ')') depth -= 1;
    if (depth === 0)
      inValues = valuesWords.has(token.keyword) || (inValues && betweenRows.has(token.keyword));
    const isPlain =
      inValues && depth > 0 && (token.kind === 'number' || isPlainString(token) || isComma(token, depth));
    if (!isPlain) tokens.push(token);
    if (token.keyword === '(') depth += 1;
  }
  return tokens;
}

const valuesWords = new Set(['VALUES', 'VALUE']);
/** `VALUES ROW(1), ROW(2)`; anything else ends the rows: `value = (…)` is a column. */
const betweenRows = new Set(['(', ')', ',', 'ROW']);
const isPlainString = (token: SqlToken): boolean => token.kind === 'string' && !isZeroDate(token);
/** Between the values of a row; a comma further inside may belong to a query. */
const isComma = (token: SqlToken, depth: number): boolean => depth === 1 && token.keyword === ',';

const insertHead = /^\s*(?:insert|replace)\b[^'"();]*(?:\([^'"();]*\)\s*)?values?\b/i;
const [quote, doubleQuote, backtick, dot] = [39, 34, 96, 46];

/**
 * Of an INSERT of values what stands before them: the values of a seed are most of it, and reach nothing without a dot
 * between names. All of it where they have one, or a versioned comment; of any other statement all of it.
 */
export function withoutRows(text: string, mode: LexicalMode): string {
  const head = insertHead.exec(text)?.[0];
  if (head === undefined) return text;
  for (let index = head.length; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote || code === doubleQuote || code === backtick) {
      const end = endOfQuoted(text, index, mode);
      if (end < 0) return text;
      index = end - 1;
    } else if (code === dot) {
      if (!isInNumber(text, index)) return text;
    } else if (versionedOpening(text, index) > 0) return text;
    else if (text.startsWith('/*', index)) {
      const end = endOfComment(text, index);
      if (end < 0) return text;
      index = end - 1;
    } else if (isLineComment(text, index)) index = lineEnd(text, index);
  }
  return head;
}

/** No name is longer (64 characters, quoted and doubled). */
const farBack = 200;

/** `1.5`, `1.`, and `.5` where no name stands before it. */
function isInNumber(text: string, at: number): boolean {
  const before = /[\p{L}\p{N}_$`"]*\s*$/u.exec(text.slice(Math.max(0, at - farBack), at))?.[0] ?? '';
  return before.trim() === '' ? /\d/.test(text.charAt(at + 1)) : /^\d+$/.test(before);
}
