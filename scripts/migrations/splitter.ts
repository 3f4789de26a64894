import { refused, type MajError } from '../errors.ts';
import {
  endOfComment,
  endOfQuoted,
  isLineComment,
  isSpace,
  lineEnd,
  positionOf,
  versionedOpening,
  type Position,
} from './lexer.ts';
import { followSqlMode, initialModeState } from './sql-mode.ts';
import { isTornRoutine, kindOf, sha256, type Statement } from './statement.ts';

/** What can be wrong with a script before it runs. */
export type ScriptProblem =
  | { readonly kind: 'unterminated'; readonly what: 'string' | 'name' | 'comment' }
  | { readonly kind: 'torn-routine' }
  | { readonly kind: 'delimiter-in-versioned-comment'; readonly delimiter: string }
  | { readonly kind: 'client-command'; readonly command: string }
  | { readonly kind: 'delimiter-argument' }
  | { readonly kind: 'delimiter-misplaced' };

/** What the splitter needs to know beside the text. */
export interface SplitOptions {
  /** The name of the file, for errors. */
  readonly file: string;
  /** The sql_mode that the script starts in. */
  readonly sqlMode?: string | undefined;
}

/** The commands that the vendors' clients take at the start of a statement; USE is one of them, and no use here. */
const clientCommands = new Set(
  (
    'charset clear connect edit ego exit go nopager notee nowarning pager print prompt query_attributes quit ' +
    'rehash resetconnection source ssl_session_data_print status system tee use warnings'
  ).split(' '),
);

const firstWord = /[a-z_]+/iy;

/**
 * Cuts a script into statements, where the vendors' own clients would. The text has LF line ends and no BOM.
 *
 * @throws MajError `migration-script` naming file, line and column: unterminated quote or comment, a routine body
 *   without DELIMITER, a client command, a delimiter inside a versioned comment
 */
export function splitStatements(text: string, options: SplitOptions): Statement[] {
  const statements: Statement[] = [];
  let modes = initialModeState(options.sqlMode);
  let delimiter = ';';
  let index = 0;
  /** Offset of the statement's first and after its last character that is no comment; -1: nothing yet. */
  let start = -1;
  let end = -1;
  /** Offset of a versioned comment that is open. */
  let versioned = -1;
  let known: { offset: number; position: Position } = { offset: 0, position: { line: 1, column: 1 } };

  const problem = (at: number, found: ScriptProblem): MajError =>
    refused('migration-script', { file: options.file, ...positionOf(text, at), problem: found });
  const keep = (to: number): void => {
    if (start < 0) start = index;
    index = to;
    end = to;
  };
  const closed = (to: number, what: 'string' | 'name' | 'comment'): number => {
    if (to < 0) throw problem(index, { kind: 'unterminated', what });
    return to;
  };
  const finish = (): void => {
    if (start < 0) return;
    const statement = text.slice(start, end);
    const position = positionOf(text, start, known);
    if (delimiter === ';' && isTornRoutine(statement, modes.mode))
      throw problem(start, { kind: 'torn-routine' });
    statements.push({
      number: statements.length + 1,
      text: statement,
      ...position,
      hash: sha256(statement),
      kind: kindOf(statement, modes.mode),
    });
    known = { offset: start, position };
    modes = followSqlMode(modes, statement);
    start = -1;
  };
  /** Whether a client's command stood here; DELIMITER is obeyed, any other is refused. */
  const commandHere = (): boolean => {
    firstWord.lastIndex = index;
    const word = firstWord.exec(text)?.[0] ?? '';
    const name = word.toLowerCase();
    if (name === 'delimiter') {
      const eol = lineEnd(text, index);
      const rest = text.slice(index + word.length, eol);
      if (!isAtLineStart(text, index)) throw problem(index, { kind: 'delimiter-misplaced' });
      const argument = /^\s/.test(rest) ? delimiterArgument(rest.trim()) : undefined;
      if (argument === undefined) throw problem(index, { kind: 'delimiter-argument' });
      delimiter = argument;
      index = eol;
      return true;
    }
    if (clientCommands.has(name)) throw problem(index, { kind: 'client-command', command: word });
    return false;
  };

  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (isSpace(code)) {
      index += 1;
      continue;
    }
    if (code === 92) {
      // \N is NULL; any other backslash outside of quotes is a client's short command, such as \G or \. file.
      if (text[index + 1] !== 'N')
        throw problem(index, { kind: 'client-command', command: text.slice(index, index + 2) });
      keep(index + 2);
      continue;
    }
    if (code === delimiter.charCodeAt(0) && text.startsWith(delimiter, index)) {
      if (versioned >= 0) throw problem(index, { kind: 'delimiter-in-versioned-comment', delimiter });
      finish();
      index += delimiter.length;
      continue;
    }
    switch (code) {
      case 39:
      case 34:
        keep(closed(endOfQuoted(text, index, modes.mode), 'string'));
        continue;
      case 96:
        keep(closed(endOfQuoted(text, index, modes.mode), 'name'));
        continue;
      case 35:
      case 45:
        if (isLineComment(text, index)) index = lineEnd(text, index);
        else keep(index + 1);
        continue;
      case 47: {
        const opening = versionedOpening(text, index);
        if (opening > 0) {
          if (versioned < 0) versioned = index;
          keep(index + opening);
        } else if (text[index + 1] !== '*') keep(index + 1);
        else {
          const after = closed(endOfComment(text, index), 'comment');
          // A hint belongs to its statement, but is none by itself.
          if (text[index + 2] === '+' && start >= 0) keep(after);
          else index = after;
        }
        continue;
      }
      case 42:
        if (versioned >= 0 && text[index + 1] === '/') {
          versioned = -1;
          keep(index + 2);
        } else keep(index + 1);
        continue;
      default:
        if (start < 0 && commandHere()) continue;
        keep(index + 1);
    }
  }
  if (versioned >= 0) throw problem(versioned, { kind: 'unterminated', what: 'comment' });
  finish();
  return statements;
}

function isAtLineStart(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).trim() === '';
}

/**
 * What DELIMITER is given: a word, or a text in quotes of any kind; the rest of the line counts for nothing. Undefined
 * where the clients refuse: nothing given, or a backslash in it.
 */
function delimiterArgument(rest: string): string | undefined {
  const quote = /^['"`]/.exec(rest)?.[0];
  const argument = quote === undefined ? rest.split(/\s/)[0] : rest.slice(1).split(quote)[0];
  return argument === undefined || argument === '' || argument.includes('\\') ? undefined : argument;
}
