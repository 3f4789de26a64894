import type { Session } from './session.ts';

/** Seconds; the most that servers take. */
const longestWait = 31_536_000;

/**
 * Lets a session say nothing for as long as the work beside it takes: servers end silent ones, some after a minute
 * (`wait_timeout`), and a large dump takes longer.
 */
export async function keepOpen(session: Session): Promise<void> {
  await session.run(`SET SESSION wait_timeout = ${longestWait}`);
}
