import ora from 'ora';
import { printable } from '../system/printable.ts';

/** A line that turns while something runs. */
export interface Spinner {
  update(text: string): void;
  succeed(text: string): void;
  fail(text: string): void;
  /** Takes the line away, so that something else can be printed. */
  stop(): void;
}

/** Starts a spinner on standard error. */
export function startSpinner(text: string): Spinner {
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
