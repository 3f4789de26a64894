import { MajError } from '../core/errors.ts';
import type { MajEvent, Report } from '../core/events.ts';
import { exitCodes, type ExitCode } from '../core/exit-codes.ts';
import { bytes, duration } from '../core/format.ts';
import { describeError, type Messages } from '../messages/catalogue.ts';
import type { JsonError, JsonEvent } from './json-lines.ts';

/** Where lines of progress go: standard error, or a test's own list. */
export type WriteLine = (line: string) => void;

/** An event that has a sentence. */
export type TextEvent = Exclude<MajEvent, { readonly type: 'bytes' }>;

/** The sentence of an event, in the language of `messages`; how far a step is has none of its own. */
export function textOf(messages: Messages, event: TextEvent): string {
  const texts = event.type === 'note' || event.type === 'warning' ? messages.notes : messages.steps;
  const name = event.type === 'note' || event.type === 'warning' ? event.note : event.step;
  const text = (texts as Readonly<Record<string, (facts: unknown) => string>>)[name];
  return text === undefined ? name : text(event.facts);
}

/** One object a line: every event as it is, with its sentence. For programs. */
export function jsonReporter(messages: Messages, write: WriteLine): Report {
  return (event) => {
    const line: JsonEvent = event.type === 'bytes' ? event : { ...event, text: textOf(messages, event) };
    write(JSON.stringify(line));
  };
}

/** One line when a step has ended, none while it runs: for logs and CI. */
export function lineReporter(messages: Messages, write: WriteLine): Report {
  const moved = new Map<string, number>();
  return (event) => {
    switch (event.type) {
      case 'step-started':
        moved.delete(event.step);
        return;
      case 'bytes':
        moved.set(event.step, event.done);
        return;
      case 'step-finished':
        return write(`ok    ${textOf(messages, event)}${figures(event.durationMs, moved.get(event.step))}`);
      case 'step-failed':
        return write(`FAIL  ${textOf(messages, event)} (${duration(event.durationMs)})`);
      case 'note':
        return write(`      ${textOf(messages, event)}`);
      case 'warning':
        return write(`${messages.command.warning}: ${textOf(messages, event)}`);
    }
  };
}

/** What stands behind a step that has ended: how long it took, and what it moved. */
export function figures(durationMs: number, moved: number | undefined): string {
  return ` (${duration(durationMs)}${moved === undefined ? '' : `, ${bytes(moved)}`})`;
}

/** A failure, ready to be printed: as lines for people, as data for programs. */
interface Failure {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  readonly data: JsonError;
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
  const { message, hint, state } = describeError(thrown, messages);
  return {
    exitCode: thrown.exitCode,
    lines: [message, `${text.state}: ${state}`, `${text.next}: ${hint}`],
    data: {
      type: 'error',
      code: thrown.code,
      exitCode: thrown.exitCode,
      message,
      state,
      hint,
      facts: thrown.facts,
    },
  };
}
