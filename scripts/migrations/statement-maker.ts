import { hash } from 'node:crypto';
import { followCharset, initialCharsetState, swallowedIn, type CharsetState } from './client-charset.ts';
import type { LexicalMode, Position } from './lexer.ts';
import { scriptError } from './script-problem.ts';
import { followSqlMode, initialModeState, type ModeState } from './sql-mode.ts';
import { isTornRoutine, kindOf, type Statement, type StatementKind } from './statement.ts';

/** What a large script is made of; it sets no sql_mode, and is no routine. */
const insertion = /^(?:insert|replace)\s/i;

/** Makes statements of what was cut out of a script, counts them, and follows the sql_mode and the charset that they set. */
export class StatementMaker {
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
