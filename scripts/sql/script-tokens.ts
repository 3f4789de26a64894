import { longestDelimiter, readAsOne, type ClientReading } from './client-reading.ts';
import {
  byte,
  dollarTagEnd,
  isDashComment,
  lineEndOf,
  searchBytes,
  type FoundEnd,
  type Piece,
} from './script-bytes.ts';
import { clientDoes } from './flavour.ts';
import type { ScriptProblem } from './reports.ts';

/** What begins at a sign: a piece of the statement, or a comment around or within it. */
export type ScriptToken =
  | { readonly kind: 'text' | 'comment' | 'hint' | 'versioned' | 'versioned-end'; readonly end: number }
  /** It is not whole yet; its end was searched for up to there. */
  | { readonly kind: 'more'; readonly searched: number }
  | { readonly kind: 'problem'; readonly problem: ScriptProblem };

const text = (end: number): ScriptToken => ({ kind: 'text', end });
const refuse = (problem: ScriptProblem): ScriptToken => ({ kind: 'problem', problem });

/** The token at a sign that is neither quote nor delimiter. */
export function tokenAt(piece: Piece, reading: ClientReading): ScriptToken {
  const { bytes, at, length } = piece;
  switch (bytes[at] ?? 0) {
    case byte.backslash:
      return backslash(piece);
    case byte.hash:
      return lineComment(piece);
    case byte.minus:
      return isDashComment(bytes, at, length) ? lineComment(piece) : minus(piece, reading);
    case byte.slash:
      return bytes[at + 1] === byte.star ? comment(piece, reading) : text(at + 1);
    case byte.star:
      return piece.versioned >= 0 && bytes[at + 1] === byte.slash
        ? { kind: 'versioned-end', end: at + 2 }
        : text(at + 1);
    case byte.dollar:
      return clientDoes(reading.flavour, 'dollarQuotes') === false
        ? text(at + 1)
        : dollarQuote(piece, reading);
    default:
      return text(at + 1);
  }
}

/** `\N` is NULL; any other backslash outside of quotes is a client's short command, such as `\G` or `\. file`. */
function backslash({ bytes, at, length }: Piece): ScriptToken {
  if (bytes[at + 1] === byte.capitalN) return text(at + 2);
  const [sign = '', letter = ''] = bytes.toString('utf8', at, Math.min(at + 5, length));
  return refuse({ kind: 'client-command', command: sign + letter });
}

function lineComment({ bytes, at, length, searched, atEnd }: Piece): ScriptToken {
  const end = lineEndOf(bytes, Math.max(at, searched), length);
  return end === length && !atEnd ? { kind: 'more', searched: end } : { kind: 'comment', end };
}

/**
 * `--x` where a statement would begin is a comment to MariaDB's client, for the sake of its own test scripts, and the
 * beginning of the statement to MySQL's.
 */
function minus(piece: Piece, { flavour }: ClientReading): ScriptToken {
  const { bytes, at, start } = piece;
  const isComment = clientDoes(flavour, 'dashesComment');
  if (start >= 0 || bytes[at + 1] !== byte.minus || isComment === false) return text(at + 1);
  return isComment === true ? lineComment(piece) : refuse({ kind: 'read-differently', what: 'dashes' });
}

function comment(piece: Piece, reading: ClientReading): ScriptToken {
  const { bytes, at, length, searched } = piece;
  const third = bytes[at + 2];
  // MySQL takes MariaDB's versioned comments for plain ones.
  const isMariadb =
    third === byte.capitalM &&
    bytes[at + 3] === byte.exclamation &&
    clientDoes(reading.flavour, 'ownVersionedComments') !== false;
  const isVersioned = third === byte.exclamation || isMariadb;
  if (isVersioned && !isSandboxLine(piece, reading)) return { kind: 'versioned', end: at + 1 };
  const found = searchBytes(bytes, Math.max(at + 2, searched), length, '*/');
  if (!isWhole(piece, found)) return { kind: 'more', searched: found.searched };
  if (found.end < 0) return refuse({ kind: 'unterminated', what: 'comment' });
  // MariaDB's client takes hints for comments; one within a statement stays there, as comments do.
  const isHint = third === byte.plus && clientDoes(reading.flavour, 'hints') !== false;
  const content = bytes.subarray(at + 2, found.end);
  const another = content.lastIndexOf('/*');
  const firstLine = content.indexOf(byte.lineFeed);
  // On its further lines MySQL's client takes comments out of a hint, and their ends with them.
  const isTornHint = isHint && firstLine >= 0 && another > firstLine;
  if (isTornHint || ((isHint || another >= 0) && !readAsOne(bytes, at, found.end, reading)))
    return refuse({ kind: 'read-differently', what: isHint ? 'hint' : 'comment' });
  return { kind: isHint ? 'hint' : 'comment', end: found.end };
}

/**
 * The first line of mariadb-dump's output, of no version that there is: its client obeys the `\-` in it, and touches no
 * files from then on. MySQL's stops there.
 */
const isSandboxLine = ({ bytes, at, start }: Piece, { flavour }: ClientReading): boolean =>
  clientDoes(flavour, 'sandboxLine') !== false &&
  start < 0 &&
  /^\/\*M?!999999\\- /.test(bytes.toString('latin1', at, at + longestSandbox));

const longestSandbox = '/*M!999999\\- '.length;

/** Whether the end is there, with enough behind it to tell a delimiter that begins within what ends (`readAsOne`). */
const isWhole = ({ length, atEnd }: Piece, { end }: FoundEnd): boolean =>
  atEnd || (end >= 0 && length - end >= longestDelimiter);

/**
 * Everything between two tags is a string: MySQL 9, for the bodies of routines in other languages. (Its client asks the
 * server at the start, by `select $$`, whether it knows them.)
 */
function dollarQuote(piece: Piece, reading: ClientReading): ScriptToken {
  const { bytes, at, length, searched, atEnd } = piece;
  const from = dollarTagEnd(bytes, at, length);
  if (from < 0 && !atEnd) return { kind: 'more', searched };
  if (from <= 0) return text(at + 1);
  const found = searchBytes(bytes, Math.max(from, searched), length, bytes.subarray(at, from));
  if (!isWhole(piece, found)) return { kind: 'more', searched: found.searched };
  if (found.end < 0 && clientDoes(reading.flavour, 'dollarQuotes') === true)
    return refuse({ kind: 'unterminated', what: 'string' });
  return found.end >= 0 && readAsOne(bytes, at, found.end, reading)
    ? text(found.end)
    : refuse({ kind: 'read-differently', what: 'dollar-quote' });
}
