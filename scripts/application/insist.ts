import type { Clock } from '../system/clock.ts';

const pauseMs = 500;
/** The shortest time that a request is given, however little is left. */
const leastMs = 1000;

/**
 * Asks again and again until an answer is good or the time is over. A request that has no answer after a third of the
 * time is not given up: it may be of a page that is slow, and may answer until the end. But it is not waited for
 * alone either, for it may hang in a service that answers the next one: so another is asked beside it.
 *
 * @param ask given the time that a request may take, in milliseconds, and a signal that aborts once nobody waits for it
 *   any more; resolves to what is wrong with the answer, or undefined when it is good
 * @returns what was wrong with the answer to the last request; undefined when one was good
 */
export async function insist<P>(
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  timeoutMs: number,
  ask: (timeoutMs: number, signal: AbortSignal) => Promise<P | undefined>,
): Promise<{ readonly attempts: number; readonly problem: P | undefined }> {
  const end = clock.monotonicMs() + timeoutMs;
  const patienceMs = Math.max(leastMs, timeoutMs / 3);
  const over = new AbortController();
  const open = new Set<Promise<P | undefined>>();
  try {
    for (let attempts = 1; ; attempts += 1) {
      const leftMs = end - clock.monotonicMs();
      const asked = ask(Math.max(leastMs, leftMs), over.signal);
      open.add(asked);
      const answer = await firstOf(clock, asked, open, leftMs > patienceMs ? patienceMs : undefined);
      if (answer === 'none') continue;
      if (answer.problem === undefined) return { attempts, problem: undefined };
      open.delete(asked);
      if (clock.monotonicMs() + pauseMs >= end) {
        const late = await Promise.all(open);
        return { attempts, problem: late.includes(undefined) ? undefined : answer.problem };
      }
      await clock.sleep(pauseMs);
    }
  } finally {
    over.abort();
  }
}

/** The answer to a request, or a good one to any that is still open; `none` when it takes longer. */
async function firstOf<P>(
  clock: Pick<Clock, 'sleep'>,
  asked: Promise<P | undefined>,
  open: ReadonlySet<Promise<P | undefined>>,
  patienceMs: number | undefined,
): Promise<{ readonly problem: P | undefined } | 'none'> {
  const answered = new AbortController();
  const good = new Promise<{ problem: undefined }>((resolve, reject) => {
    for (const one of open)
      one.then((problem) => {
        if (problem === undefined) resolve({ problem: undefined });
      }, reject);
  });
  const answer = asked.then((problem) => ({ problem }));
  const patience =
    patienceMs === undefined ? [] : [clock.sleep(patienceMs, answered.signal).then((): 'none' => 'none')];
  try {
    return await Promise.race([good, answer, ...patience]);
  } finally {
    answered.abort();
  }
}
