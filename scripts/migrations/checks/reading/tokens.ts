import {
  endOfComment,
  endOfQuoted,
  isLineComment,
  isSpace,
  lineEnd,
  versionedOpening,
  type LexicalMode,
} from '../../../sql/lexer.ts';

/** A word, name, literal or sign of a statement. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'comment';
  /** A word or sign as it stands; of a quoted name or string, what is between the quotes; a comment with its mark. */
  readonly value: string;
  /** A bare word in capitals, or a sign; empty for everything that can be no keyword. */
  readonly keyword: string;
  /** Its offset in the text. */
  readonly start: number;
  /** It stands in a comment such as `/*!80013 … *\/`, whose content some servers execute. */
  readonly versioned: boolean;
}

const word = /[\p{L}\p{N}_$]+/uy;
const number = /^(?:\d+|\d+e\d+|0x[\da-f]+|0b[01]+)$/i;
const escape = /\\([\s\S])/g;
const escaped: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', Z: '\x1a' };

/**
 * The tokens of a statement with their places. The content of versioned comments counts; of other comments only those to
 * the end of a line are given, as `comment`. A quote that never ends goes to the end of the text.
 */
export function* tokensWithComments(text: string, mode: LexicalMode): Generator<SqlToken, void> {
  let index = 0;
  let versioned = false;
  const upTo = (end: number): number => (end < 0 ? text.length : end);
  while (index < text.length) {
    const start = index;
    const code = text.charCodeAt(start);
    const opening = code === 47 ? versionedOpening(text, start) : 0;
    if (isSpace(code)) index += 1;
    else if (opening > 0) {
      versioned = true;
      index += opening;
    } else if (text.startsWith('/*', start)) index = upTo(endOfComment(text, start));
    else if (versioned && text.startsWith('*/', start)) {
      versioned = false;
      index += 2;
    } else if (isLineComment(text, start)) {
      index = lineEnd(text, start);
      yield { kind: 'comment', value: text.slice(start, index), keyword: '', start, versioned };
    } else if (code === 39 || code === 34 || code === 96) {
      index = upTo(endOfQuoted(text, start, mode));
      // A doubled quote ends one piece and begins the next.
      while (text.charCodeAt(index) === code) index = upTo(endOfQuoted(text, index, mode));
      const isName = code === 96 || (code === 34 && mode.ansiQuotes);
      const kind = isName ? 'name' : 'string';
      yield { kind, value: unquoted(text.slice(start, index), isName, mode), keyword: '', start, versioned };
    } else {
      word.lastIndex = start;
      const found = word.exec(text)?.[0];
      const value = found ?? text.charAt(start);
      const kind = found === undefined ? 'sign' : number.test(value) ? 'number' : 'word';
      index += value.length;
      yield { kind, value, keyword: kind === 'number' ? '' : value.toUpperCase(), start, versioned };
    }
  }
}

function unquoted(quoted: string, isName: boolean, mode: LexicalMode): string {
  const quote = quoted.charAt(0);
  const inner = quoted.slice(1, quoted.length > 1 && quoted.endsWith(quote) ? -1 : undefined);
  const plain = inner.replaceAll(quote + quote, quote);
  if (isName || mode.noBackslashEscapes) return plain;
  return plain.replace(escape, (_, character: string) => escaped[character] ?? character);
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
