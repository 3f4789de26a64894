import type { Context } from '../core/context.ts';
import type { Session } from './session/session.ts';

/**
 * When each table was written to last, in whole seconds; null for one that was not since the server opened it. Servers
 * keep it in memory, note it as a transaction is committed, and forget it when they close the table.
 */
export type LastWrites = ReadonlyMap<string, string | null>;

/** Reads when each table of a database was written to last. */
export async function readLastWrites(session: Session, database: string): Promise<LastWrites> {
  const rows = await session.rows(
    `SELECT TABLE_NAME AS name, CAST(UPDATE_TIME AS CHAR) AS at FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW')`,
    [database],
  );
  return new Map(rows.map(({ name, at }) => [String(name), typeof at === 'string' ? at : null]));
}

/** The tables that were written to in between; of a second write within a second nothing is told. Pure. */
export function writtenBetween(before: LastWrites, after: LastWrites): readonly string[] {
  return [...after].flatMap(([name, at]) => (at !== null && at > (before.get(name) ?? '') ? [name] : []));
}

/**
 * Finds the tables that somebody goes on writing to since an earlier reading.
 *
 * Times are whole seconds: after less than that nothing is known of a table that was written to just before the reading.
 * Only where there is such a table this waits, until the seconds differ.
 *
 * @param before the earlier reading, and the monotonic time that it was taken at
 */
export async function writtenSince(
  context: Pick<Context, 'clock' | 'signal'>,
  session: Session,
  database: string,
  before: { readonly writes: LastWrites; readonly atMs: number },
): Promise<readonly string[]> {
  for (;;) {
    const after = await readLastWrites(session, database);
    const written = writtenBetween(before.writes, after);
    const waited = context.clock.monotonicMs() - before.atMs;
    if (written.length > 0 || waited >= quietMs || context.signal.aborted) return written;
    if (!(await isRecent(session, [...after.values()], waited))) return [];
    await context.clock.sleep(pauseMs, context.signal);
  }
}

/** Whether the last of these writes was in the second before the reading, which was so many milliseconds ago, or later. */
async function isRecent(
  session: Session,
  writes: readonly (string | null)[],
  agoMs: number,
): Promise<boolean> {
  const last = writes.reduce((one, other) => ((other ?? '') > (one ?? '') ? other : one), null);
  const [row] = await session.rows('SELECT ? >= NOW() - INTERVAL ? SECOND AS recent', [
    last,
    Math.ceil(agoMs / 1000) + 1,
  ]);
  return Number(row?.['recent']) === 1;
}

const pauseMs = 150;
/** More than the second that times are told in. */
const quietMs = 1500;

/**
 * Waits until nobody has written to a database for a while.
 *
 * @param limitMs how long to wait; it takes a second and a half to learn that nobody writes
 * @param tables only these count; not given: all of them
 * @returns the tables that are still written to after that; empty when it is quiet
 */
export async function waitUntilUnwritten(
  context: Pick<Context, 'clock' | 'signal'>,
  session: Session,
  database: string,
  limitMs: number,
  tables?: readonly string[],
): Promise<readonly string[]> {
  const began = context.clock.monotonicMs();
  let quietSince = began;
  let before = await readLastWrites(session, database);
  for (;;) {
    await context.clock.sleep(pauseMs, context.signal);
    const after = await readLastWrites(session, database);
    const now = context.clock.monotonicMs();
    const written = writtenBetween(before, after).filter((name) => tables?.includes(name) ?? true);
    if (written.length > 0) quietSince = now;
    if (now - quietSince >= quietMs) return [];
    if (written.length > 0 && now - began >= limitMs) return written;
    if (context.signal.aborted) return [];
    before = after;
  }
}
