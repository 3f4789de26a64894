import { isSpace } from './lexer.ts';

/** The bytes that mean something to the splitter. */
export const byte = {
  lineFeed: 10,
  space: 32,
  doubleQuote: 34,
  hash: 35,
  dollar: 36,
  quote: 39,
  star: 42,
  plus: 43,
  minus: 45,
  slash: 47,
  exclamation: 33,
  question: 63,
  capitalM: 77,
  capitalN: 78,
  backslash: 92,
  backtick: 96,
  delete: 127,
} as const;

/** A part of a script, a place in it, and what is known of it. */
export interface Piece {
  readonly bytes: Buffer;
  /** How many of the bytes count. */
  readonly length: number;
  /** Nothing follows them. */
  readonly atEnd: boolean;
  /** What comes next. */
  readonly at: number;
  /** Up to where the end of what comes next was searched for already; nothing, when it is before that. */
  readonly searched: number;
  /** The first byte of the statement at hand; -1: none has begun. */
  readonly start: number;
  /** A versioned comment that is open; -1: there is none. */
  readonly versioned: number;
}

/** What `searchBytes` found: where the thing ends, or that it does not end yet, and from where to search on. */
export interface FoundEnd {
  /** The offset after it; -1 when it does not end in these bytes. */
  readonly end: number;
  /** Where to search on when there are more bytes. */
  readonly searched: number;
}

/** Whether a byte can be part of a name that is not quoted, as the clients have it: every byte of other than ASCII can. */
const isNameByte = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === byte.dollar ||
  code >= 0x80;

/** What the clients take off the end of a statement: blanks, and control characters (`remove_cntrl` in client/mysql.cc). */
export const isNoGraph = (code: number): boolean => code <= byte.space || code === byte.delete;

/**
 * The end of a quoted string or name. A doubled quote ends one and begins the next, which comes to the same.
 *
 * @param from after its opening quote, or where an earlier search stopped
 * @returns the offset after it; when it does not end in these bytes, `~` of where to search on (a negative number: this
 *   is called for every string of a dump, where an object each would be seen in the time it takes)
 */
export function endOfQuotedBytes(
  bytes: Uint8Array,
  from: number,
  length: number,
  quote: number,
  escapes: boolean,
): number {
  let at = from;
  while (at < length) {
    const code = bytes[at];
    if (code === quote) return at + 1;
    at += code === byte.backslash && escapes ? 2 : 1;
  }
  // A backslash at the very end: what it escapes is still to come.
  return ~(at > length ? length - 1 : length);
}

/** The end of some bytes: of a comment, of a dollar quote. */
export function searchBytes(bytes: Buffer, from: number, length: number, closing: Buffer | string): FoundEnd {
  const at = bytes.subarray(0, length).indexOf(closing, from);
  if (at >= 0) return { end: at + closing.length, searched: at };
  return { end: -1, searched: Math.max(from, length - closing.length + 1) };
}

/** The offset of the line feed that ends this line; the length where there is none. */
export function lineEndOf(bytes: Buffer, from: number, length: number): number {
  const at = bytes.subarray(0, length).indexOf(byte.lineFeed, from);
  return at < 0 ? length : at;
}

/** Whether these bytes stand here. */
export const isBytesAt = (bytes: Buffer, at: number, what: Buffer): boolean =>
  bytes[at] === what[0] && (what.length === 1 || bytes.subarray(at, at + what.length).equals(what));

/** Whether `--` stands here as a comment for every client: before a blank, or where the text ends. */
export const isDashComment = (bytes: Uint8Array, at: number, length: number): boolean =>
  bytes[at + 1] === byte.minus && (at + 2 >= length || isSpace(bytes[at + 2] ?? 0));

/**
 * The offset after the opening `$$` or `$tag$` of a dollar quote; 0 when there is none here, -1 when its line goes on
 * after these bytes. The dollar must not continue a name, and the tag must be whole on its line (MySQL 9's client).
 */
export function dollarTagEnd(bytes: Uint8Array, at: number, length: number): number {
  if (at > 0 && isNameByte(bytes[at - 1] ?? 0)) return 0;
  let end = at + 1;
  while (end < length && bytes[end] !== byte.dollar && isNameByte(bytes[end] ?? 0)) end += 1;
  if (end >= length) return -1;
  return bytes[end] === byte.dollar ? end + 1 : 0;
}
