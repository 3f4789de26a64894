import ora from 'ora';
import type { Report } from '../core/events.ts';
import { bytes, duration, printable } from '../core/format.ts';
import type { Messages } from '../messages/catalogue.ts';
import { figures, textOf, type TextEvent, type WriteLine } from './reporter.ts';

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

/** A line that turns while something runs. */
interface Spinner {
  update(text: string): void;
  succeed(text: string): void;
  fail(text: string): void;
  /** Takes the line away, so that something else can be printed. */
  stop(): void;
}

/** Starts a spinner on standard error. */
function startSpinner(text: string): Spinner {
  // discardStdin would swallow the answer that a later question waits for.
  const spinner = ora({ text: printable(text), stream: process.stderr, discardStdin: false }).start();
  return {
    update: (next) => {
      spinner.text = printable(next);
    },
    succeed: (next) => {
      spinner.succeed(printable(next));
    },
    fail: (next) => {
      spinner.fail(printable(next));
    },
    stop: () => {
      spinner.stop();
    },
  };
}
