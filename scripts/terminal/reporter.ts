import type { MajEvent, Report } from '../events.ts';
import { bytes, duration } from './format.ts';
import type { Messages } from './messages/catalogue.ts';
import { startSpinner, type Spinner } from './spinner.ts';

/** Where lines of progress go: standard error, or a test's own list. */
export type WriteLine = (line: string) => void;

type TextEvent = Exclude<MajEvent, { readonly type: 'bytes' }>;

/** The sentence of an event, in the language of `messages`; how far a step is has none of its own. */
function textOf(messages: Messages, event: TextEvent): string {
  const texts = event.type === 'note' || event.type === 'warning' ? messages.notes : messages.steps;
  const name = event.type === 'note' || event.type === 'warning' ? event.note : event.step;
  const text = (texts as Readonly<Record<string, (facts: unknown) => string>>)[name];
  return text === undefined ? name : text(event.facts);
}

/** One object a line: every event as it is, with its sentence. For programs. */
export function jsonReporter(messages: Messages, write: WriteLine): Report {
  return (event) =>
    write(JSON.stringify(event.type === 'bytes' ? event : { ...event, text: textOf(messages, event) }));
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

/** A spinner with elapsed time and bytes for the innermost running step; steps that ended stay as lines. */
export function spinnerReporter(messages: Messages, write: WriteLine, now: () => number): Report {
  const running: { step: string; text: string; started: number; done?: number; total?: number }[] = [];
  let spinner: Spinner | undefined;
  let ticking: NodeJS.Timeout | undefined;
  const line = (): string => {
    const step = running.at(-1);
    if (step === undefined) return '';
    const moved =
      step.done === undefined
        ? ''
        : `, ${bytes(step.done)}${step.total === undefined ? '' : ` of ${bytes(step.total)}`}`;
    return `${step.text} (${duration(now() - step.started)}${moved})`;
  };
  const show = (): void => {
    if (running.length === 0) {
      clearInterval(ticking);
      ticking = undefined;
      spinner = undefined;
      return;
    }
    spinner = startSpinner(line());
    ticking ??= setInterval(() => spinner?.update(line()), 100).unref();
  };
  const end = (event: Extract<TextEvent, { durationMs: number }>, mark: 'succeed' | 'fail'): void => {
    const index = running.findLastIndex((step) => step.step === event.step);
    const [ended] = index < 0 ? [] : running.splice(index, 1);
    spinner ??= startSpinner('');
    spinner[mark](`${textOf(messages, event)}${figures(event.durationMs, ended?.done)}`);
    show();
  };
  return (event) => {
    switch (event.type) {
      case 'step-started':
        spinner?.stop();
        running.push({ step: event.step, text: textOf(messages, event), started: now() });
        return show();
      case 'bytes': {
        const step = running.findLast((candidate) => candidate.step === event.step);
        if (step !== undefined) {
          step.done = event.done;
          if (event.total !== undefined) step.total = event.total;
        }
        return;
      }
      case 'step-finished':
        return end(event, 'succeed');
      case 'step-failed':
        return end(event, 'fail');
      case 'note':
      case 'warning':
        spinner?.stop();
        write(
          event.type === 'note'
            ? `  ${textOf(messages, event)}`
            : `${messages.command.warning}: ${textOf(messages, event)}`,
        );
        return show();
    }
  };
}

function figures(durationMs: number, moved: number | undefined): string {
  return ` (${duration(durationMs)}${moved === undefined ? '' : `, ${bytes(moved)}`})`;
}
