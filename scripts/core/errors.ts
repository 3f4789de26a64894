import { exitCodes, type ExitCode } from './exit-codes.ts';

/** The name of an exit code. */
type ExitName = keyof typeof exitCodes;

/** What is declared of an error: what the process exits with, and the facts that its text is made of. */
export interface Failure<Exit extends ExitName, Facts = Record<string, never>> {
  readonly exit: Exit;
  readonly facts: Facts;
}

/**
 * All errors, by their code. Every folder adds its own, in its reports.ts; the catalogue has a text for each.
 *
 * @public
 */
export interface Failures {}

/** The name of an error, the same in every language; what scripts and tests tell errors apart by. */
export type ErrorCode = keyof Failures;

/** The facts that the text of an error is made of; `{}` where it needs none. */
export type ErrorFacts<C extends ErrorCode> = Failures[C]['facts'];

/** The errors that may end the process with an exit code. */
type CodeOf<Exit extends ExitName> = {
  [C in ErrorCode]: Exit extends Failures[C]['exit'] ? C : never;
}[ErrorCode];

/** What an error says in somebody's language. */
export type Speaker = (code: ErrorCode, facts: unknown) => string;

let speak: Speaker = (code) => code;

/** Gives errors their words. Called once, as the program starts: whatever quotes an error quotes it in that language. */
export function speakWith(speaker: Speaker): void {
  speak = speaker;
}

interface ErrorOptions {
  /** What was caught, if the error was made of another. */
  readonly cause?: unknown;
}

/**
 * The only error that `maj` throws on purpose: a code, the facts, and an exit code. Its text comes from the message
 * catalogue, through `speakWith`. Thrown once, printed once, by `maj.ts`.
 */
export class MajError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  /** They were checked against the code where the error was made (see `failure`). */
  readonly facts: unknown;

  constructor(exitCode: ExitCode, code: ErrorCode, facts: unknown, options: ErrorOptions = {}) {
    super(speak(code, facts), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MajError';
    this.code = code;
    this.exitCode = exitCode;
    this.facts = facts;
  }

  /** The same error with another exit code: how a failure is reported once a rollback has succeeded or failed. */
  withExitCode(exitCode: ExitCode): MajError {
    return new MajError(exitCode, this.code, this.facts, { cause: this.cause });
  }
}

/** Whether something that was thrown is this error; then its facts are known. */
export const isFailure = <C extends ErrorCode>(
  thrown: unknown,
  code: C,
): thrown is MajError & { readonly facts: ErrorFacts<C> } =>
  thrown instanceof MajError && thrown.code === code;

const failure =
  <Exit extends ExitName>(exit: Exit) =>
  <C extends CodeOf<Exit>>(code: C, facts: ErrorFacts<C>, options?: ErrorOptions): MajError =>
    new MajError(exitCodes[exit], code, facts, options);

/** Wrong usage or settings; nothing was touched. Exit code 2. */
export const wrongUsage = failure('usage');
/** A check said no, or something failed before anything changed. Exit code 3. */
export const refused = failure('refused');
/** What was verified is not sound. Exit code 4. */
export const unsound = failure('unsound');
/** Another run holds the lock. Exit code 5. */
export const locked = failure('locked');
/** An unfinished run must be resumed or rolled back first. Exit code 6. */
export const unfinished = failure('unfinished');
/** Failed, and everything is as before. Exit code 10. */
export const rolledBack = failure('rolledBack');
/** Failed, and something is changed or half-way: the hint says what to do now. Exit code 11. */
export const notRolledBack = failure('notRolledBack');
/** Interrupted before anything changed. Exit code 130. */
export const interrupted = failure('interrupted');

/** The text of anything that was thrown, for a message that quotes it. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
