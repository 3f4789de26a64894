import { MajError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Messages } from './messages/catalogue.ts';

/** A failure, ready to be printed: as lines for people, as data for programs. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** Turns whatever was thrown into what is printed: the message, the state of the system, and the next command. */
export function describeFailure(thrown: unknown, messages: Messages): Failure {
  const text = messages.command;
  if (!(thrown instanceof MajError)) {
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return {
      exitCode: exitCodes.unexpected,
      lines: [stack, `${text.state}: ${messages.states[1]}`],
      data: { type: 'error', code: 'unexpected', exitCode: exitCodes.unexpected, message: stack },
    };
  }
  const { message, hint, state } = thrown.describe(messages);
  return {
    exitCode: thrown.exitCode,
    lines: [message, `${text.state}: ${state}`, `${text.next}: ${hint}`],
    data: { type: 'error', code: thrown.code, exitCode: thrown.exitCode, message, state, hint },
  };
}
