import { hash } from 'node:crypto';
import type { MajError } from '../core/errors.ts';
import { followCharset, initialCharsetState, swallowedIn, type CharsetState } from './client-charset.ts';
import { commandAt, longestCommand, readAsOne, type ClientReading } from './client-reading.ts';
import { clientDoes, type Flavour } from './flavour.ts';
import { isSpace, type LexicalMode, type Position } from './lexer.ts';
import { byte, endOfQuotedBytes, isBytesAt, isNoGraph, ScriptWindow, type Piece } from './script-bytes.ts';
import { scriptError, type ScriptProblem } from './reports.ts';
import { tokenAt } from './script-tokens.ts';
import { followSqlMode, initialModeState, type ModeState } from './sql-mode.ts';
import { isTornRoutine, kindOf, type Statement, type StatementKind } from './statement.ts';

/** What the splitter needs to know beside the text. */
export interface SplitOptions {
  /** The name of the file, for errors. */
  readonly file: string;
  /** The sql_mode that the script starts in. */
  readonly sqlMode?: string | undefined;
  /**
   * Whose client decides where the two differ. Undefined: the script must mean the same to both, and what does not is
   * refused; ANSI_QUOTES is followed then, as both servers and MariaDB's client do.
   */
  readonly flavour?: Flavour | undefined;
}

/**
 * Cuts a script into statements, where the vendors' own clients would. The text has LF line ends and no BOM.
 *
 * @throws MajError `migration-script` naming file, line and column: unterminated quote or comment, a routine body
 *   without DELIMITER, a client command, a delimiter inside a versioned comment, and what programs read differently
 */
export function splitStatements(text: string, options: SplitOptions): Statement[] {
  const machine = new ScriptMachine(options);
  return [...machine.push(Buffer.from(text, 'utf8')), ...machine.push(undefined)];
}

/**
 * Cuts a script into statements as it streams by, as `splitStatements` does: the same statements, the same errors, each
 * once the text before it has been read. Held are the statement (or comment) at hand and the chunk that it ends in.
 *
 * @param chunks the script as `normalChunks` gives it, cut anywhere
 * @throws MajError `migration-script`; statements before the error have been given by then
 */
export async function* splitStream(
  chunks: AsyncIterable<Buffer>,
  options: SplitOptions,
): AsyncGenerator<Statement, void, undefined> {
  const machine = new ScriptMachine(options);
  for await (const chunk of chunks) for (const statement of machine.push(chunk)) yield statement;
  for (const statement of machine.push(undefined)) yield statement;
}

const semicolon = Buffer.from(';');

/** With so many bytes left a sign, an opening or a command can be told; the longest are commands. */
const lookahead = longestCommand;

/**
 * The machine behind both ways to split: it is given a script in chunks, and gives its statements as they end. Where
 * something is not whole yet it waits for the next chunk, and then searches on from where it stopped.
 */
class ScriptMachine {
  readonly #file: string;
  readonly #maker: StatementMaker;
  readonly #window = new ScriptWindow();
  #reading: ClientReading;
  #beginnings: Uint8Array;
  /** Only blanks and line comments since the line began: DELIMITER may come. */
  #atLineStart = true;
  /** A hint outside of any statement: MySQL's client takes DELIMITER after it for the rest of a statement. */
  #afterHint = false;

  constructor({ file, sqlMode, flavour }: SplitOptions) {
    this.#file = file;
    this.#maker = new StatementMaker(file, sqlMode);
    this.#reading = { flavour, mode: this.#maker.mode, delimiter: semicolon };
    this.#beginnings = beginningsOf(this.#reading);
  }

  /**
   * The statements that end in the script so far.
   *
   * @param chunk what comes next; undefined: the script ends here
   * @throws MajError `migration-script`
   */
  *push(chunk: Buffer | undefined): Generator<Statement, void, undefined> {
    if (chunk !== undefined) this.#window.append(chunk);
    this.#window.atEnd = chunk === undefined;
    for (;;) {
      const statement = this.#next();
      if (statement === undefined) return;
      yield statement;
    }
  }

  /** The next statement; undefined when it is not whole, or at the end when there is none. */
  #next(): Statement | undefined {
    const window = this.#window;
    const { bytes, length, atEnd } = window;
    for (;;) {
      if (window.start < 0) this.#skipBlanks();
      else if (!this.#keepRun()) return undefined;
      const { at } = window;
      if (at === length) return atEnd ? this.#last() : undefined;
      if (!atEnd && length - at < lookahead) return undefined;
      const command = window.start < 0 ? this.#command() : 'none';
      if (command === 'more') return undefined;
      if (command === 'obeyed') continue;
      if (isBytesAt(bytes, at, this.#reading.delimiter)) {
        const statement = this.#finish();
        window.at = at + this.#reading.delimiter.length;
        if (statement !== undefined) return statement;
      } else if (window.start < 0 && !beginsSign(this.#beginnings, bytes[at] ?? 0)) window.start = at;
      else if (!this.#token()) return undefined;
    }
  }

  #skipBlanks(): void {
    const { bytes, length } = this.#window;
    let { at } = this.#window;
    for (; at < length && isSpace(bytes[at] ?? 0); at += 1)
      if (bytes[at] === byte.lineFeed) this.#atLineStart = true;
    this.#window.at = at;
  }

  /** False: what begins here is not whole. */
  #keepRun(): boolean {
    const run = runFrom(this.#window, this.#beginnings, this.#reading, lookahead);
    this.#window.at = run.end;
    if (run.kept >= 0) this.#window.end = run.kept;
    if (run.problem !== undefined) throw this.#error(run.end, run.problem);
    if (run.searched === undefined) return true;
    this.#window.searched = run.searched;
    return false;
  }

  #command(): 'none' | 'more' | 'obeyed' {
    const mayDelimit = this.#atLineStart && !this.#afterHint;
    const command = commandAt(this.#window, this.#reading.delimiter, mayDelimit);
    if (command.kind === 'problem') throw this.#error(this.#window.at, command.problem);
    if (command.kind !== 'delimiter') return command.kind;
    this.#reading = { ...this.#reading, delimiter: Buffer.from(command.delimiter) };
    this.#beginnings = beginningsOf(this.#reading);
    this.#window.at = command.end;
    return 'obeyed';
  }

  /** False: it is not whole. */
  #token(): boolean {
    const window = this.#window;
    const { at, start } = window;
    const token = tokenAt(window, this.#reading);
    if (token.kind === 'problem') throw this.#error(at, token.problem);
    if (token.kind === 'more') {
      window.searched = token.searched;
      return false;
    }
    window.at = token.end;
    this.#atLineStart = false;
    if (token.kind === 'comment' || (token.kind === 'hint' && start < 0)) {
      this.#afterHint ||= token.kind === 'hint';
      return true;
    }
    if (start < 0) window.start = at;
    window.end = token.end;
    if (token.kind === 'versioned' && window.versioned < 0) window.versioned = at;
    if (token.kind === 'versioned-end') this.#closeVersioned();
    return true;
  }

  #closeVersioned(): void {
    const { bytes, versioned, at } = this.#window;
    if (!readAsOne(bytes, versioned, at, this.#reading))
      throw this.#error(versioned, { kind: 'read-differently', what: 'versioned-comment' });
    this.#window.versioned = -1;
  }

  /** The statement that a delimiter ends here; undefined when there is none but blanks and comments. */
  #finish(): Statement | undefined {
    const { delimiter } = this.#reading;
    if (this.#window.versioned >= 0)
      throw this.#error(this.#window.at, {
        kind: 'delimiter-in-versioned-comment',
        delimiter: delimiter.toString(),
      });
    this.#atLineStart = false;
    this.#afterHint = false;
    const taken = this.#window.takeStatement();
    if (taken === undefined) return undefined;
    const statement = this.#maker.make(taken.bytes, taken.position, delimiter.equals(semicolon));
    const { mode } = this.#maker;
    if (mode !== this.#reading.mode) this.#reading = { ...this.#reading, mode };
    return statement;
  }

  #last(): Statement | undefined {
    const { versioned } = this.#window;
    if (versioned >= 0) throw this.#error(versioned, { kind: 'unterminated', what: 'comment' });
    return this.#finish();
  }

  #error(at: number, problem: ScriptProblem): MajError {
    return scriptError(this.#file, this.#window.positionOf(at), problem);
  }
}

/** What a large script is made of; it sets no sql_mode, and is no routine. */
const insertion = /^(?:insert|replace)\s/i;

/** Makes statements of what was cut out of a script, counts them, and follows the sql_mode and the charset that they set. */
class StatementMaker {
  readonly #file: string;
  #modes: ModeState;
  #charset: CharsetState = initialCharsetState;
  #count = 0;

  constructor(file: string, sqlMode: string | undefined) {
    this.#file = file;
    this.#modes = initialModeState(sqlMode);
  }

  /** The mode after the statements so far. */
  get mode(): LexicalMode {
    return this.#modes.mode;
  }

  /**
   * @param endedPlainly no delimiter of its own kept the semicolons of a routine's body together
   * @throws MajError `migration-script`: a routine's body that was cut; what the server reads otherwise
   */
  make(bytes: Buffer, position: Position, endedPlainly: boolean): Statement {
    const charset = swallowedIn(bytes, this.#charset);
    if (charset !== undefined) throw scriptError(this.#file, position, { kind: 'swallowed-in', charset });
    const text = bytes.toString('utf8');
    const { line, column } = position;
    const kind = insertion.test(text) ? 'rows' : this.#look(text, position, endedPlainly);
    this.#count += 1;
    return { number: this.#count, text, line, column, hash: hash('sha256', bytes, 'hex'), kind };
  }

  #look(text: string, position: Position, endedPlainly: boolean): StatementKind {
    const { mode } = this.#modes;
    if (endedPlainly && isTornRoutine(text, mode))
      throw scriptError(this.#file, position, { kind: 'torn-routine' });
    this.#modes = followSqlMode(this.#modes, text);
    this.#charset = followCharset(this.#charset, text);
    return kindOf(text, mode);
  }
}

/** What a byte may begin: the delimiter, something in quotes, or a sign that has to be looked at. */
const delimits = 1;
const quotes = 2;
const isSign = 4;

/** What each of the 256 bytes may begin; 0: it is plain text. */
function beginningsOf({ delimiter, flavour }: ClientReading): Uint8Array {
  const beginnings = new Uint8Array(256);
  for (const code of [byte.quote, byte.doubleQuote, byte.backtick]) beginnings[code] = quotes;
  for (const code of Buffer.from('#-/*\\')) beginnings[code] = isSign;
  if (clientDoes(flavour, 'dollarQuotes') !== false) beginnings[byte.dollar] = isSign;
  const first = delimiter[0] ?? 0;
  beginnings[first] = (beginnings[first] ?? 0) | delimits;
  return beginnings;
}

/** Whether what begins with a byte is more than text and quotes. */
const beginsSign = (beginnings: Uint8Array, code: number): boolean =>
  ((beginnings[code] ?? 0) & isSign) !== 0;

/** A run of plain text and of quoted things. */
interface Run {
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
function runFrom(
  { bytes, at: from, length, atEnd, searched, versioned }: Piece,
  beginnings: Uint8Array,
  reading: ClientReading,
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
      const end = endOfQuotedBytes(bytes, searched > at ? searched : at + 1, length, code, escaping);
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
function isDoubtful(bytes: Uint8Array, end: number, { flavour, mode }: ClientReading): boolean {
  if (clientDoes(flavour, 'escapesInNames') !== true || mode.noBackslashEscapes) return false;
  let backslashes = 0;
  while (bytes[end - 2 - backslashes] === byte.backslash) backslashes += 1;
  return backslashes % 2 === 1;
}

function keptOf(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && isNoGraph(bytes[end - 1] ?? 0)) end -= 1;
  return end === from ? -1 : end;
}
