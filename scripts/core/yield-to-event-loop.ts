import { setImmediate } from 'node:timers/promises';

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
