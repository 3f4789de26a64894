import type { Flavour } from '../database/flavour.ts';
import type { MajError } from '../errors.ts';
import { commandAt, longestCommand } from './client-commands.ts';
import { readAsOne, type Reading } from './client-reading.ts';
import { isSpace } from './lexer.ts';
import { byte, isBytesAt, type Piece } from './script-bytes.ts';
import { scriptError, type ScriptProblem } from './script-problem.ts';
import { beginningsOf, beginsSign, runFrom } from './script-run.ts';
import { tokenAt } from './script-tokens.ts';
import { ScriptWindow } from './script-window.ts';
import { StatementMaker } from './statement-maker.ts';
import type { Statement } from './statement.ts';

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

const semicolon = Buffer.from(';');

/** With so many bytes left a sign, an opening or a command can be told; the longest are commands. */
const lookahead = longestCommand;

/**
 * The machine behind both ways to split: it is given a script in chunks, and gives its statements as they end. Where
 * something is not whole yet it waits for the next chunk, and then searches on from where it stopped.
 */
export class ScriptMachine {
  readonly #file: string;
  readonly #maker: StatementMaker;
  readonly #window = new ScriptWindow();
  #reading: Reading;
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
    for (;;) {
      const statement = this.#next(chunk === undefined);
      if (statement === undefined) return;
      yield statement;
    }
  }

  /** The next statement; undefined when it is not whole, or at the end when there is none. */
  #next(atEnd: boolean): Statement | undefined {
    const window = this.#window;
    for (;;) {
      if (window.start < 0) this.#skipBlanks(window.piece(atEnd));
      else if (!this.#keepRun(window.piece(atEnd))) return undefined;
      const piece = window.piece(atEnd);
      const { bytes, at, length } = piece;
      if (at === length) return atEnd ? this.#last() : undefined;
      if (!atEnd && length - at < lookahead) return undefined;
      const isDelimiter = isBytesAt(bytes, at, this.#reading.delimiter);
      const command = window.start < 0 ? this.#command(piece, isDelimiter) : 'none';
      if (command === 'more') return undefined;
      if (command === 'obeyed') continue;
      if (isDelimiter) {
        const statement = this.#finish();
        window.index = at + this.#reading.delimiter.length;
        if (statement !== undefined) return statement;
      } else if (window.start < 0 && !beginsSign(this.#beginnings, bytes[at] ?? 0)) window.start = at;
      else if (!this.#token(piece)) return undefined;
    }
  }

  #skipBlanks({ bytes, length, at: from }: Piece): void {
    let at = from;
    for (; at < length && isSpace(bytes[at] ?? 0); at += 1)
      if (bytes[at] === byte.lineFeed) this.#atLineStart = true;
    this.#window.index = at;
  }

  /** False: what begins here is not whole. */
  #keepRun(piece: Piece): boolean {
    const run = runFrom(piece, this.#beginnings, this.#reading, lookahead);
    this.#window.index = run.end;
    if (run.kept >= 0) this.#window.end = run.kept;
    if (run.problem !== undefined) throw this.#error(run.end, run.problem);
    if (run.searched === undefined) return true;
    this.#window.searched = run.searched;
    return false;
  }

  #command(piece: Piece, isDelimiter: boolean): 'none' | 'more' | 'obeyed' {
    const mayDelimit = this.#atLineStart && !this.#afterHint;
    const command = commandAt(piece, { mayDelimit, isDelimiter });
    if (command.kind === 'problem') throw this.#error(piece.at, command.problem);
    if (command.kind !== 'delimiter') return command.kind;
    this.#reading = { ...this.#reading, delimiter: Buffer.from(command.delimiter) };
    this.#beginnings = beginningsOf(this.#reading);
    this.#window.index = command.end;
    return 'obeyed';
  }

  /** False: it is not whole. */
  #token(piece: Piece): boolean {
    const window = this.#window;
    const token = tokenAt(piece, this.#reading);
    if (token.kind === 'problem') throw this.#error(piece.at, token.problem);
    if (token.kind === 'more') {
      window.searched = token.searched;
      return false;
    }
    window.index = token.end;
    this.#atLineStart = false;
    if (token.kind === 'comment' || (token.kind === 'hint' && !piece.begun)) {
      this.#afterHint ||= token.kind === 'hint' && this.#reading.flavour !== 'mariadb';
      return true;
    }
    if (!piece.begun) window.start = piece.at;
    window.end = token.end;
    if (token.kind === 'versioned' && !piece.versioned) window.versioned = piece.at;
    if (token.kind === 'versioned-end') this.#closeVersioned(piece);
    return true;
  }

  #closeVersioned({ bytes, at }: Piece): void {
    const { versioned } = this.#window;
    if (!readAsOne(bytes, versioned, at + 2, this.#reading))
      throw this.#error(versioned, { kind: 'read-differently', what: 'versioned-comment' });
    this.#window.versioned = -1;
  }

  /** The statement that a delimiter ends here; undefined when there is none but blanks and comments. */
  #finish(): Statement | undefined {
    const { delimiter } = this.#reading;
    if (this.#window.versioned >= 0)
      throw this.#error(this.#window.index, {
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
