import { clientDoes, flavours, type Flavour } from './flavour.ts';
import { wordSet, type LexicalMode } from './lexer.ts';
import type { ScriptProblem } from './reports.ts';
import { byte, dollarTagEnd, isBytesAt, isDashComment, lineEndOf, type Piece } from './script-bytes.ts';

/** How a script is read at some place. */
export interface ClientReading {
  /** Whose client reads; undefined: both must read the same. */
  readonly flavour: Flavour | undefined;
  readonly mode: LexicalMode;
  readonly delimiter: Buffer;
}

/** A comment that the client keeps: it knows that it is in one to the end of the line only. */
type Kept = 'no' | 'versioned' | 'hint';

/**
 * Whether the client reads a piece of a script as one thing: no delimiter in it, and nothing open at its end. For what is
 * easily read in another way: comments in comments, hints over several lines, dollar quotes. The client goes line by
 * line, so that it forgets at each line's end that it is in a versioned comment or a hint (`ss_comment` of `add_line` in
 * client/mysql.cc; the test on the clients themselves holds it to what they do).
 */
export function readAsOne(bytes: Buffer, from: number, to: number, reading: ClientReading): boolean {
  return flavours
    .filter((flavour) => reading.flavour === undefined || reading.flavour === flavour)
    .every((flavour) => isOne(bytes, from, to, reading, flavour));
}

function isOne(bytes: Buffer, from: number, to: number, reading: ClientReading, flavour: Flavour): boolean {
  const dollarQuotes = clientDoes(flavour, 'dollarQuotes');
  const escapesInNames = clientDoes(flavour, 'escapesInNames');
  const hints = clientDoes(flavour, 'hints');
  const ownVersionedComments = clientDoes(flavour, 'ownVersionedComments');
  const { mode, delimiter } = reading;
  let quote = 0;
  let tag: Buffer | undefined;
  let inComment = false;
  let kept: Kept = 'no';

  const escapes = (): boolean => {
    if (quote !== 0 && mode.noBackslashEscapes) return false;
    return escapesInNames || (quote !== byte.backtick && !(quote === byte.doubleQuote && mode.ansiQuotes));
  };
  const opensKept = (at: number): Kept => {
    if (bytes[at + 2] === byte.exclamation) return 'versioned';
    return hints && bytes[at + 2] === byte.plus ? 'hint' : 'no';
  };
  const isMariadbOpening = (at: number): boolean =>
    ownVersionedComments && bytes[at + 2] === byte.capitalM && bytes[at + 3] === byte.exclamation;

  for (let at = from; at < to; at += 1) {
    const code = bytes[at] ?? 0;
    const opens = quote === 0 && code === byte.slash && bytes[at + 1] === byte.star;
    const closes = quote === 0 && code === byte.star && bytes[at + 1] === byte.slash;
    const inHint = kept === 'hint';
    if (code === byte.lineFeed) {
      kept = 'no';
    } else if (!inComment && code === byte.backslash && escapes()) {
      if (bytes[at + 1] === byte.lineFeed) continue;
      if (quote === 0 && bytes[at + 1] !== byte.capitalN) return false;
      if (!(quote === byte.backtick && bytes[at + 1] === byte.backtick)) at += 1;
    } else if (!inComment && quote === 0 && !inHint && isBytesAt(bytes, at, delimiter)) {
      return false;
    } else if (!inComment && quote === 0 && !inHint && isLineComment(bytes, at, to)) {
      const lineEnd = lineEndOf(bytes, at, to);
      // It hides the end of the piece.
      if (lineEnd === to) return false;
      at = lineEnd - 1;
    } else if (opens && !inHint && opensKept(at) === 'no' && !isMariadbOpening(at)) {
      inComment = true;
      at += 1;
    } else if (inComment && closes && kept === 'no') {
      inComment = false;
      at += 1;
    } else {
      if (opens) kept = opensKept(at) === 'no' ? kept : opensKept(at);
      else if (closes) kept = 'no';
      if (quote !== 0 && code === quote) {
        if (tag === undefined || isBytesAt(bytes, at, tag)) {
          at += (tag?.length ?? 1) - 1;
          quote = 0;
          tag = undefined;
        }
      } else if (!inComment && quote === 0 && !inHint) {
        if (code === byte.quote || code === byte.doubleQuote || code === byte.backtick) quote = code;
        const end = dollarQuotes && code === byte.dollar ? dollarTagEnd(bytes, at, to) : 0;
        if (end > 0) {
          quote = code;
          tag = bytes.subarray(at, end);
          at = end - 1;
        }
      }
    }
  }
  return quote === 0 && !inComment && kept === 'no';
}

const isLineComment = (bytes: Buffer, at: number, to: number): boolean =>
  bytes[at] === byte.hash || (bytes[at] === byte.minus && isDashComment(bytes, at, to));

/** What a statement's beginning is to a client. */
export type Command =
  | { readonly kind: 'none' }
  | { readonly kind: 'delimiter'; readonly delimiter: string; readonly end: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'problem'; readonly problem: ScriptProblem };

/**
 * The commands that the clients of MariaDB 10.11 and MySQL 9.7 take at the start of a statement (their `help`). MySQL
 * 9.7 takes none of them from a file unless it is told to (`--commands`), and then sends `use` to the server.
 */
const names = wordSet(
  'charset clear connect edit ego exit go help nopager notee nowarning nowarnings pager print prompt',
  'query_attributes quit rehash resetconnection sandbox source ssl_session_data_print status system tee use warnings',
);

/** What one of them, or DELIMITER, begins with: most statements begin otherwise. */
const firstLetters = new Set(
  [...names, 'delimiter', '?'].flatMap((name) => [
    ...Buffer.from(`${name.slice(0, 1)}${name.slice(0, 1).toUpperCase()}`),
  ]),
);

/** How many bytes of a statement's beginning tell whether it is a command. */
export const longestCommand = 32;

const firstWord = /^[a-z0-9_]+/i;
const none: Command = { kind: 'none' };
const refuse = (problem: ScriptProblem): Command => ({ kind: 'problem', problem });

/**
 * The command that stands where a statement would begin.
 *
 * @param mayDelimit DELIMITER works here, at the start of a line; anywhere else the clients see the delimiter first
 */
export function commandAt(
  { bytes, at, length, atEnd }: Piece,
  delimiter: Buffer,
  mayDelimit: boolean,
): Command {
  if (!firstLetters.has(bytes[at] ?? 0)) return none;
  const start = bytes.toString('latin1', at, Math.min(at + longestCommand, length));
  const word = firstWord.exec(start)?.[0] ?? '';
  const name = word.toLowerCase();
  if (mayDelimit && name === 'delimiter') {
    const end = lineEndOf(bytes, at, length);
    if (end === length && !atEnd) return { kind: 'more' };
    const found = delimiterArgument(bytes.toString('latin1', at + word.length, end));
    return found === undefined
      ? refuse({ kind: 'delimiter-argument' })
      : { kind: 'delimiter', delimiter: found, end };
  }
  if (isBytesAt(bytes, at, delimiter)) return none;
  if (name === 'delimiter') return refuse({ kind: 'delimiter-misplaced' });
  // They compare nine letters only in places, so that a longer word is DELIMITER to them now and then.
  if (name.startsWith('delimiter')) return refuse({ kind: 'delimiter-argument' });
  // Up to the delimiter, which may be of letters.
  const [command = ''] = word.split(delimiter.toString());
  if (names.has(command.toLowerCase())) return refuse({ kind: 'client-command', command });
  return bytes[at] === byte.question ? refuse({ kind: 'client-command', command: '?' }) : none;
}

/** The clients keep 15 bytes of a delimiter (`char delimiter[16]`), and 255 of the line. */
export const longestDelimiter = 15;
const longestLine = 200;

const argument = /^[ \t][\t-\r ]*(?:'([^']+)'(?!')|"([^"]+)"(?!")|`([^`]+)`(?!`)|([^ '"`][^ ]*))/;

/**
 * The delimiter that a DELIMITER line gives: a word, or a text in quotes of any kind; the rest of the line counts for
 * nothing. Undefined where the clients refuse it (nothing given, a backslash), where the two differ (a quote that does not
 * end, or is doubled), and where they would wait for something else than what was meant: a tab after it is a part of it
 * to them, a letter of other than ASCII is never found, what is beyond 15 characters is forgotten; and `\g` on the line
 * makes it no command at all.
 */
function delimiterArgument(rest: string): string | undefined {
  const match = argument.exec(rest);
  const found = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4] ?? '';
  const isPlain = /^[ -[\]-~]+$/.test(found) && found.length <= longestDelimiter;
  return isPlain && (match?.[0].length ?? 0) <= longestLine && !rest.includes('\\g') ? found : undefined;
}
