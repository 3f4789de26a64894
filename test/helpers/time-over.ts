import { existsSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';

/** No other timer's. */
const limitMs = 86_399_000;

/**
 * A limit of time, in milliseconds, that is over as soon as there is such a file, for the length of a test: on a busy
 * machine a short one is over before the command that it is for has begun.
 */
export function overWhenThere(path: string): number {
  const { setTimeout: later } = globalThis;
  const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation((run: () => void, ms?: number) => {
    if (ms !== limitMs) return later(run, ms);
    const looking = setInterval(() => {
      if (!existsSync(path)) return;
      clearInterval(looking);
      run();
    }, 5);
    return looking;
  });
  onTestFinished(() => timers.mockRestore());
  return limitMs;
}
