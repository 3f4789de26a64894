import type { Report } from '../events.ts';
import { bytes, duration } from './format.ts';
import type { Messages } from './messages/catalogue.ts';
import { figures, textOf, type TextEvent, type WriteLine } from './reporter.ts';
import { startSpinner, type Spinner } from './spinner.ts';

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
