import type { Reading } from './client-reading.ts';
import { byte, endOfQuoted, isBytesAt, isNoGraph, type Piece } from './script-bytes.ts';
import type { ScriptProblem } from './script-problem.ts';

/** What a byte may begin: the delimiter, something in quotes, or a sign that has to be looked at. */
const delimits = 1;
const quotes = 2;
const isSign = 4;

/** What each of the 256 bytes may begin; 0: it is plain text. */
export function beginningsOf({ delimiter, flavour }: Reading): Uint8Array {
  const beginnings = new Uint8Array(256);
  for (const code of [byte.quote, byte.doubleQuote, byte.backtick]) beginnings[code] = quotes;
  for (const code of Buffer.from('#-/*\\')) beginnings[code] = isSign;
  if (flavour !== 'mariadb') beginnings[byte.dollar] = isSign;
  const first = delimiter[0] ?? 0;
  beginnings[first] = (beginnings[first] ?? 0) | delimits;
  return beginnings;
}

/** Whether what begins with a byte is more than text and quotes. */
export const beginsSign = (beginnings: Uint8Array, code: number): boolean =>
  ((beginnings[code] ?? 0) & isSign) !== 0;

/** A run of plain text and of quoted things. */
export interface Run {
  /** Where something else begins, or where the bytes end. */
  readonly end: number;
  /** After its last byte that is no blank; -1: it is all blank. */
  readonly kept: number;
  /** A quote begins at the end, and where it ends is not among these bytes; up to there it was searched for. */
  readonly searched?: number;
  readonly problem?: ScriptProblem;
}

/**
 * Reads plain text as far as it goes. All the time that splitting takes is spent here, and a loop over bytes is what is
 * fastest: of rows of short strings, a native search for each quote would only find the next few bytes.
 *
 * @param lookahead with fewer bytes than that left, a sign or delimiter is left for when more are there
 */
export function runFrom(
  { bytes, at: from, length, atEnd, searched, versioned }: Piece,
  beginnings: Uint8Array,
  reading: Reading,
  lookahead: number,
): Run {
  const { delimiter, mode } = reading;
  const escapes = !mode.noBackslashEscapes;
  const escapesInDouble = escapes && !mode.ansiQuotes;
  let at = from;
  for (;;) {
    while (at < length && beginnings[bytes[at] ?? 0] === 0) at += 1;
    if (at === length || (!atEnd && length - at < lookahead)) break;
    const code = bytes[at] ?? 0;
    const begins = beginnings[code] ?? 0;
    if ((begins & delimits) !== 0 && isBytesAt(bytes, at, delimiter)) break;
    if ((begins & quotes) !== 0) {
      const escaping = code === byte.quote ? escapes : code === byte.doubleQuote && escapesInDouble;
      const end = endOfQuoted(bytes, searched > at ? searched : at + 1, length, code, escaping);
      if (end < 0 && !atEnd) return { end: at, kept: keptOf(bytes, from, at), searched: ~end };
      if (end < 0) return { end: at, kept: -1, problem: unterminated(code) };
      if (code === byte.doubleQuote && mode.ansiQuotes && isDoubtful(bytes, end, reading))
        return { end: at, kept: -1, problem: { kind: 'read-differently', what: 'ansi-name' } };
      at = end;
    } else if ((begins & isSign) !== 0 && !isText(code, bytes[at + 1], versioned >= 0)) break;
    else at += 1;
  }
  return { end: at, kept: keptOf(bytes, from, at) };
}

/** Whether a sign means nothing with what follows it: a minus of a number, a slash, a star. */
const isText = (code: number, next: number | undefined, versioned: boolean): boolean =>
  (code === byte.minus && next !== byte.minus) ||
  (code === byte.slash && next !== byte.star) ||
  (code === byte.star && !versioned);

const unterminated = (quote: number): ScriptProblem => ({
  kind: 'unterminated',
  what: quote === byte.backtick ? 'name' : 'string',
});

/**
 * With ANSI_QUOTES a backslash before the closing `"` of a name is a part of the name to the servers and to MariaDB's
 * client; MySQL's client does not look at ANSI_QUOTES, and reads on.
 */
function isDoubtful(bytes: Uint8Array, end: number, { flavour, mode }: Reading): boolean {
  if (flavour !== 'mysql' || mode.noBackslashEscapes) return false;
  let backslashes = 0;
  while (bytes[end - 2 - backslashes] === byte.backslash) backslashes += 1;
  return backslashes % 2 === 1;
}

function keptOf(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && isNoGraph(bytes[end - 1] ?? 0)) end -= 1;
  return end === from ? -1 : end;
}
