import { endedBySignal, note, type Context } from '../../core/context.ts';
import { reasonOf, refused } from '../../core/errors.ts';
import { heldUp, othersIn } from '../../database/other-connections.ts';
import { connect, sqlErrorOf, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import { traits } from '../../sql/flavour.ts';
import { quoteName } from '../../sql/quote.ts';
import type { TableToLock } from '../preflight.ts';

/** Seconds that a lock is waited for: as long as an ordinary writer takes, and no longer. */
const lockWaitSeconds = 30;
const watchMs = 500;

const lockWaitTimeout = 1205;
const privilegeMissing = 1227;

type LockContext = Pick<Context, 'report' | 'signal' | 'clock'>;

/**
 * Does a piece of work while these tables cannot be written to, and may be read: a dump's snapshot covers tables with
 * transactions only. They are locked by a session of its own, all at once, and released however the work ends. Without
 * tables there is nothing to lock.
 *
 * @param work is given a context whose signal aborts, too, when the lock and a waiting writer together hold it up
 * @param waitSeconds how long to wait for writers to end
 * @throws MajError `tables-not-locked` naming who is connected; `dump-held-up`; `table-locks-lost` when the server let
 *   go of them
 */
export async function withTablesLocked<C extends LockContext, T>(
  context: C,
  target: Target,
  tables: readonly TableToLock[],
  work: (context: C) => Promise<T>,
  waitSeconds = lockWaitSeconds,
): Promise<T> {
  if (tables.length === 0) return work(context);
  const session = await connect(context, target);
  const stop = (): void => session.destroy();
  try {
    return await endedBySignal(context, stop, async () => {
      const kind = await lock(session, target, tables, waitSeconds);
      note(context, 'tables-locked', { tables });
      const result = await (kind === 'whole'
        ? work(context)
        : watched(context, session, target, tables, work));
      await release(session, tables);
      return result;
    });
  } finally {
    if (context.signal.aborted) session.destroy();
    else await session.close();
  }
}

/**
 * Locks tables for reading. Where a writer that waits for LOCK TABLES … READ to end keeps out readers, it keeps out a dump
 * too: the one waits for the other. FLUSH TABLES … WITH READ LOCK stops writers where they keep nobody out, and needs RELOAD.
 *
 * @returns `leaky` where a waiting writer keeps out readers
 */
async function lock(
  session: Session,
  target: Target,
  tables: readonly TableToLock[],
  seconds: number,
): Promise<'whole' | 'leaky'> {
  const names = tables.map(({ name }) => `${quoteName(target.database)}.${quoteName(name)}`);
  try {
    await session.run(`SET SESSION lock_wait_timeout = ${seconds}`);
    const waitingWritersBlockReaders = traits.waitingWritersBlockReaders[session.server.flavour];
    if (waitingWritersBlockReaders && (await flushed(session, names))) return 'whole';
    await session.run(`LOCK TABLES ${names.map((name) => `${name} READ`).join(', ')}`);
    return waitingWritersBlockReaders ? 'leaky' : 'whole';
  } catch (error) {
    const waited = sqlErrorOf(error)?.errno === lockWaitTimeout;
    const others = waited ? await othersIn(session, target.database) : [];
    const facts = { tables, waited: waited ? seconds : undefined, others, reason: reasonOf(error) };
    throw refused('tables-not-locked', facts, { cause: error });
  }
}

async function flushed(session: Session, names: readonly string[]): Promise<boolean> {
  try {
    await session.run(`FLUSH TABLES ${names.join(', ')} WITH READ LOCK`);
    return true;
  } catch (error) {
    if (sqlErrorOf(error)?.errno === privilegeMissing) return false;
    throw error;
  }
}

/** Does the work, and ends it when a writer and it wait for each other: neither would ever go on. */
async function watched<C extends LockContext, T>(
  context: C,
  session: Session,
  target: Target,
  tables: readonly TableToLock[],
  work: (context: C) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const stuck = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      if (await heldUp(session, target.database)) {
        stuck.abort();
        // A program that is run through a command may outlive it: it ends when it is let go on.
        await session.run('UNLOCK TABLES');
        return;
      }
      await context.clock.sleep(watchMs, over.signal);
    }
  })();
  // A session that is lost is noticed when the locks are released.
  watching.catch(() => undefined);
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, stuck.signal]) });
  } catch (error) {
    throw stuck.signal.aborted ? refused('dump-held-up', { tables }, { cause: error }) : error;
  } finally {
    over.abort();
    await watching.catch(() => undefined);
  }
}

/** A session that was ended (by a restart, by an administrator) has no locks any more, and nobody tells it. */
async function release(session: Session, tables: readonly TableToLock[]): Promise<void> {
  try {
    await session.run('UNLOCK TABLES');
  } catch (error) {
    throw refused('table-locks-lost', { tables, reason: reasonOf(error) }, { cause: error });
  }
}
