import { setImmediate } from 'node:timers/promises';

/** Time, as a parameter: tests hand in their own. */
export interface Clock {
  /** The time of day. */
  now(): Date;
  /** Milliseconds from some fixed point, never going back. */
  monotonicMs(): number;
  /** Waits; ends early, without an error, when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      if (signal?.aborted === true) finish();
      else signal?.addEventListener('abort', finish);
    }),
};

/** So long may work that never waits keep everything else from its turn: signals, other streams, the spinner. */
const holdMs = 10;

/**
 * Lets work that is done with synchronous calls breathe: call it between two pieces of it. For thousands of small files
 * synchronous calls take a tenth of the processor time of asynchronous ones, each of which is handed to another thread
 * and back.
 */
export function createBreather(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < holdMs) return;
    await setImmediate();
    since = performance.now();
  };
}
