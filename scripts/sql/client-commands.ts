import { byte, isBytesAt, lineEndOf, type Piece } from './script-bytes.ts';
import type { ScriptProblem } from './script-problem.ts';

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
const names = new Set(
  (
    'charset clear connect edit ego exit go help nopager notee nowarning nowarnings pager print prompt ' +
    'query_attributes quit rehash resetconnection sandbox source ssl_session_data_print status system tee use warnings'
  ).split(' '),
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
