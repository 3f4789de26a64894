/** The parts of sql_mode that change where a string ends. */
export interface LexicalMode {
  /** `"` quotes names, not strings: a backslash in it is a plain character. */
  readonly ansiQuotes: boolean;
  /** A backslash is a plain character everywhere. */
  readonly noBackslashEscapes: boolean;
}

/** The mode of a server that nobody has configured otherwise. */
export const plainMode: LexicalMode = { ansiQuotes: false, noBackslashEscapes: false };

/** A place in a text; both count from 1, columns in characters as JavaScript counts them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const backslash = 92;
const doubleQuote = 34;
const backtick = 96;

/** Words that are looked for, from lines of them with a blank between two. */
export const wordSet = (...lines: readonly string[]): ReadonlySet<string> =>
  new Set(lines.join(' ').split(' '));

/** White space as the vendors' clients see it: ASCII only, so a no-break space is not one. */
export const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Where an offset is; `from` is a known earlier place, so that a file is walked once. */
export function positionOf(
  text: string,
  offset: number,
  from: { readonly offset: number; readonly position: Position } = {
    offset: 0,
    position: { line: 1, column: 1 },
  },
): Position {
  let { line } = from.position;
  let lineStart = from.offset - (from.position.column - 1);
  for (;;) {
    const newline = text.indexOf('\n', Math.max(lineStart, from.offset));
    if (newline < 0 || newline >= offset) return { line, column: offset - lineStart + 1 };
    line += 1;
    lineStart = newline + 1;
    from = { offset: lineStart, position: { line, column: 1 } };
  }
}

/** Where the line that holds `offset` ends: the offset of its line feed, or of the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline;
}

/**
 * The offset after a quoted string or name that begins at `start`; -1 when it never ends.
 * A doubled quote ends one and begins the next, which comes to the same.
 */
export function endOfQuoted(text: string, start: number, mode: LexicalMode): number {
  const quote = text.charCodeAt(start);
  const escapes =
    quote !== backtick && !mode.noBackslashEscapes && !(quote === doubleQuote && mode.ansiQuotes);
  if (!escapes) return text.indexOf(text.charAt(start), start + 1) + 1 || -1;
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index + 1;
  }
  return -1;
}

/** The offset after a comment that begins at `start`; -1 when it never ends. Comments do not nest. */
export function endOfComment(text: string, start: number): number {
  const end = text.indexOf('*/', start + 2);
  return end < 0 ? -1 : end + 2;
}

/**
 * The length of the opening of a comment whose content the server executes, with the version number in it:
 * `/*!80013`, `/*M!100500`; 0 when there is none at `start`.
 */
export function versionedOpening(text: string, start: number): number {
  const mark = text.startsWith('/*!', start) ? 3 : text.startsWith('/*M!', start) ? 4 : 0;
  if (mark === 0) return 0;
  let end = start + mark;
  while (end - start - mark < 6 && isDigit(text.charCodeAt(end))) end += 1;
  return end - start;
}

/** Whether a comment to the end of the line begins here: `#`, or `--` before white space or the line's end. */
export function isLineComment(text: string, start: number): boolean {
  if (text.charCodeAt(start) === 35) return true;
  if (!text.startsWith('--', start)) return false;
  return start + 2 >= text.length || isSpace(text.charCodeAt(start + 2));
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

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

/**
 * The words and signs of a statement, comments left out and the content of versioned comments kept: words in capitals,
 * numbers, signs one by one, `'` for a string, `` ` `` for a quoted name.
 */
export function* tokensOf(text: string, mode: LexicalMode = plainMode): Generator<string, void> {
  for (const { kind, value } of tokensWithComments(text, mode)) {
    if (kind === 'name') yield '`';
    else if (kind === 'string') yield "'";
    else if (kind !== 'comment') yield value.toUpperCase();
  }
}
