import type { MajError } from '../errors.ts';
import { commandAt, longestCommand } from './client-commands.ts';
import { readAsOne, type Reading } from './client-reading.ts';
import { isSpace } from './lexer.ts';
import { byte, isBytesAt } from './script-bytes.ts';
import { scriptError, type ScriptProblem } from './script-problem.ts';
import { beginningsOf, beginsSign, runFrom } from './script-run.ts';
import { tokenAt } from './script-tokens.ts';
import { ScriptWindow } from './script-window.ts';
import type { SplitOptions } from './splitter.ts';
import { StatementMaker } from './statement-maker.ts';
import type { Statement } from './statement.ts';

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
