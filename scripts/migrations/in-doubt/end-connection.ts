import type { Clock } from '../../core/clock.ts';
import type { Session } from '../../database/session/session.ts';

const pauseMs = 100;

/**
 * Ends a connection, and waits until the server has undone what it was doing: until then the connection is listed.
 *
 * @param id a connection of this run of the server: after a restart the number is another client's
 * @param mostMs milliseconds to wait at most
 * @returns whether it is gone
 */
export async function endConnection(
  session: Session,
  id: number,
  clock: Clock,
  mostMs: number,
): Promise<boolean> {
  if (!(await isThere(session, id))) return true;
  // It may be gone between the question and this.
  await session.run(`KILL ${id}`).catch(() => undefined);
  const since = clock.monotonicMs();
  while (await isThere(session, id)) {
    if (clock.monotonicMs() - since > mostMs) return false;
    await clock.sleep(pauseMs);
  }
  return true;
}

async function isThere(session: Session, id: number): Promise<boolean> {
  const found = await session.rows(`SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${id}`);
  return found.length > 0;
}
