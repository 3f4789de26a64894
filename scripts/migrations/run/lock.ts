import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { locked, refused } from '../../core/errors.ts';
import { withSession, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import { noMoreThan } from '../../sql/quote.ts';

/** The lock on one database's migrations, held by a connection of its own. */
export interface MigrationLock {
  /** The connection that holds it; it also writes to the ledger where a script's own connection cannot. */
  readonly keeper: Session;
  /** Whether it is still ours: a lost connection has lost it. */
  isHeld(): Promise<boolean>;
}

/** Strict modes would refuse to shorten an error message that is too long for the ledger. */
const keeperSqlMode = 'NO_ENGINE_SUBSTITUTION';

/**
 * Seconds that a write of the ledger waits at most: long enough for a backup program that holds FLUSH TABLES WITH READ
 * LOCK for a moment. A script may hold what the write waits for, and then waits for it.
 */
const mostLedgerWait = 60;
const ledgerWaits = ['lock_wait_timeout', 'innodb_lock_wait_timeout']
  .map((name) => `SESSION ${name} = ${noMoreThan(name, mostLedgerWait)}`)
  .join(', ');

/**
 * Holds the migration lock of a database during a piece of work. On Galera the lock is one node's alone.
 *
 * @throws MajError `migrations-locked` (exit code 5) when another connection holds it; `migration-lock-failed` when the
 *   server could not say
 */
export async function withMigrationLock<T>(
  context: Pick<Context, 'signal'>,
  target: Target,
  work: (lock: MigrationLock) => Promise<T>,
): Promise<T> {
  const name = lockName(target.database);
  const underLock = async (keeper: Session): Promise<T> => {
    // What the ledger waits for others has an end; the servers' own is a year, a day, or what somebody has set.
    await keeper.run(`SET ${ledgerWaits}`);
    const [answer] = await keeper.rows('SELECT GET_LOCK(?, 0) AS answer, IS_USED_LOCK(?) AS holder', [
      name,
      name,
    ]);
    // 1: ours; 0: another's; NULL: the server failed. Treating the last two as the first is a known bug elsewhere.
    if (answer?.['answer'] === null) throw refused('migration-lock-failed', { name });
    if (Number(answer?.['answer']) !== 1)
      throw locked('migrations-locked', {
        database: target.database,
        connection: `${Number(answer?.['holder'])}`,
      });
    try {
      return await work({ keeper, isHeld: () => isHeld(keeper, name) });
    } finally {
      // Closing the connection releases it too; this is for servers behind a proxy that keeps connections.
      await keeper.rows('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
    }
  };
  return withSession(context, target, underLock, { sqlMode: keeperSqlMode });
}

/**
 * Refuses while another run holds the migration lock: asked before the ledger is judged, which that run is writing.
 *
 * @throws MajError `migrations-locked`, exit code 5
 */
export async function refuseLocked(session: Session, database: string): Promise<void> {
  const [answer] = await session.rows('SELECT IS_USED_LOCK(?) AS holder', [lockName(database)]);
  if (answer?.['holder'] !== null)
    throw locked('migrations-locked', { database, connection: `${Number(answer?.['holder'])}` });
}

async function isHeld(keeper: Session, name: string): Promise<boolean> {
  try {
    const [answer] = await keeper.rows('SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS held', [name]);
    return Number(answer?.['held']) === 1;
  } catch {
    return false;
  }
}

/** MySQL takes lock names of 64 characters at most. */
function lockName(database: string): string {
  const name = `maj-migrate:${database}`;
  return name.length <= 64
    ? name
    : `maj-migrate:${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
}
