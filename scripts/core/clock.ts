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
