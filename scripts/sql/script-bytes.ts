import { isAscii } from 'node:buffer';
import { isSpace, type Position } from './lexer.ts';

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

/** The smallest piece of memory taken. */
const leastCapacity = 1024;
/** Zeros after the last byte: who looks a few bytes ahead sees nothing there. */
const padding = 64;

/**
 * The part of a script that is still needed, from the statement at hand to the end of the last chunk, and the offsets
 * that matter in it. It knows in which line and column of the whole script its bytes are.
 */
export class ScriptWindow implements Piece {
  bytes: Buffer = Buffer.alloc(leastCapacity);
  length = 0;
  atEnd = false;
  at = 0;
  searched = 0;
  start = -1;
  versioned = -1;
  /** After the last byte of the statement that is neither comment nor blank; -1: there is none yet. */
  end = -1;

  /** The last place that was asked for; what is asked for next is not before it. */
  #known = { offset: 0, line: 1, column: 1 };
  /** The first line feed after that place, or somewhere before: then it has to be searched for. */
  #lineFeed = -1;

  /** Adds a chunk, and forgets what is done with: every offset goes down by as much. */
  append(chunk: Buffer): void {
    // With the byte before: it tells whether a dollar begins something.
    const from = Math.max(0, (this.start < 0 ? this.at : this.start) - 1);
    this.positionOf(from);
    this.#known.offset -= from;
    this.#lineFeed = -1;
    this.at -= from;
    this.searched -= from;
    if (this.start >= 0) this.start -= from;
    if (this.end >= 0) this.end -= from;
    if (this.versioned >= 0) this.versioned -= from;
    this.#move(from, chunk);
  }

  #move(from: number, chunk: Buffer): void {
    const bytes = this.bytes;
    const kept = this.length - from;
    const needed = kept + chunk.length + padding;
    // Twice what is needed, so that a statement of many chunks is copied a few times only; less again after it.
    if (needed > bytes.length || (bytes.length > leastCapacity && needed < bytes.length / 8))
      this.bytes = Buffer.allocUnsafeSlow(Math.max(needed * 2, leastCapacity));
    // Not onto itself: what is kept may be a statement of many chunks.
    if (from > 0 || this.bytes !== bytes) bytes.copy(this.bytes, 0, from, this.length);
    chunk.copy(this.bytes, kept);
    this.length = kept + chunk.length;
    this.bytes.fill(0, this.length, needed);
  }

  /** The bytes of the statement at hand, and where it begins; it is done with afterwards. */
  takeStatement(): { readonly bytes: Buffer; readonly position: Position } | undefined {
    const { start, end } = this;
    this.start = -1;
    this.end = -1;
    // What holds nothing but control characters is nothing to the clients, too.
    if (end <= start) return undefined;
    return { bytes: this.bytes.subarray(start, end), position: this.positionOf(start) };
  }

  /** The line and column of an offset. It must not be before the last one that was asked for. */
  positionOf(offset: number): Position {
    let { line, column } = this.#known;
    let from = this.#known.offset;
    if (offset === from) return { line, column };
    for (let at = this.#nextLineFeed(from); at < offset; at = this.#nextLineFeed(from)) {
      line += 1;
      column = 1;
      from = at + 1;
    }
    column += charactersIn(this.bytes, from, offset);
    this.#known = { offset, line, column };
    return { line, column };
  }

  /** Searched for once, as a line may hold many statements. */
  #nextLineFeed(from: number): number {
    if (this.#lineFeed < from) {
      const found = this.bytes.indexOf(byte.lineFeed, from);
      this.#lineFeed = found < 0 ? Infinity : found;
    }
    return this.#lineFeed;
  }
}

/** As JavaScript counts them: one with the first byte of each, and one more where UTF-16 takes two units. */
function charactersIn(bytes: Buffer, from: number, to: number): number {
  if (to - from > 100 && isAscii(bytes.subarray(from, to))) return to - from;
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const code = bytes[at] ?? 0;
    if (code < 0x80 || code >= 0xc0) count += code >= 0xf0 ? 2 : 1;
  }
  return count;
}
