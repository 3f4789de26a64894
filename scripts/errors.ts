import { exitCodes, type ExitCode } from './exit-codes.ts';
import { en } from './terminal/messages/en/index.ts';
import type { ErrorText, Messages } from './terminal/messages/catalogue.ts';

type ErrorTexts = Messages['errors'];

/** The name of an error, the same in every language; what scripts and tests tell errors apart by. */
export type ErrorCode = keyof ErrorTexts;

/** The facts that the text of an error is made of; `{}` where it needs none. */
export type ErrorFacts<C extends ErrorCode> =
  Parameters<ErrorTexts[C]> extends [] ? Record<string, never> : Parameters<ErrorTexts[C]>[0];

interface ErrorOptions {
  /** What was caught, if the error was made of another. */
  readonly cause?: unknown;
}

/**
 * The only error that `maj` throws on purpose: a code, the facts, and an exit code. Its text comes from the message
 * catalogue: in English as `message`, in the reader's language by `describe()`. Thrown once, printed once, by `maj.ts`.
 */
export class MajError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly #facts: unknown;

  constructor(exitCode: ExitCode, code: ErrorCode, facts: unknown, options: ErrorOptions = {}) {
    super(
      textOf(en, code, facts).message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'MajError';
    this.code = code;
    this.exitCode = exitCode;
    this.#facts = facts;
  }

  /** What happened, what state the system is in and what to do next, in the language of `messages`. */
  describe(messages: Messages): Required<ErrorText> {
    const text = textOf(messages, this.code, this.#facts);
    return { ...text, state: text.state ?? messages.states[this.exitCode] };
  }

  /** The same error with another exit code: how a failure is reported once a rollback has succeeded or failed. */
  withExitCode(exitCode: ExitCode): MajError {
    return new MajError(exitCode, this.code, this.#facts, { cause: this.cause });
  }
}

function textOf(messages: Messages, code: ErrorCode, facts: unknown): ErrorText {
  // The facts were checked against the code where the error was made (see `failure`).
  return (messages.errors[code] as (facts: unknown) => ErrorText)(facts);
}

const failure =
  (exitCode: ExitCode) =>
  <C extends ErrorCode>(code: C, facts: ErrorFacts<C>, options?: ErrorOptions): MajError =>
    new MajError(exitCode, code, facts, options);

/** Wrong usage or settings; nothing was touched. Exit code 2. */
export const wrongUsage = failure(exitCodes.usage);
/** A check said no, or something failed before anything changed. Exit code 3. */
export const refused = failure(exitCodes.refused);
/** What was verified is not sound. Exit code 4. */
export const unsound = failure(exitCodes.unsound);
/** Another run holds the lock. Exit code 5. */
export const locked = failure(exitCodes.locked);
/** An unfinished run must be resumed or rolled back first. Exit code 6. */
export const unfinished = failure(exitCodes.unfinished);
/** Failed, and everything is as before. Exit code 10. */
export const rolledBack = failure(exitCodes.rolledBack);
/** Failed, and something is changed or half-way: the hint says what to do now. Exit code 11. */
export const notRolledBack = failure(exitCodes.notRolledBack);
/** Interrupted before anything changed. Exit code 130. */
export const interrupted = failure(exitCodes.interrupted);

/** The text of anything that was thrown, for a message that quotes it. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
