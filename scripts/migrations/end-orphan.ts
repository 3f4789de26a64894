import { inStep, type Context } from '../context.ts';
import { withSession, type Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { locked } from '../errors.ts';
import { excerptOf } from './failure.ts';
import { readLedger } from './ledger.ts';

const pauseMs = 200;
/** The server undoes what it has done of a long ALTER TABLE. */
const mostMs = 10 * 60_000;

/**
 * Ends the statement that a migration left the server with when its client died: it must not change the schema any more
 * while, and after, that is put back. Called when what it does is not wanted, whatever it has come to.
 *
 * @throws MajError `migration-still-running` (exit code 5) when the server does not end it in ten minutes
 */
export async function endOrphans(context: Context, target: Target): Promise<void> {
  await withSession(context, target, async (session) => {
    for (const id of await leftConnections(session)) await endConnection(context, session, id);
  });
}

/** The connections that the ledger names for scripts that did not end; a ledger that is not ours names none. */
async function leftConnections(session: Session): Promise<string[]> {
  try {
    const rows = await readLedger(session);
    return rows
      .filter(({ state, inFlight }) => state === 'applying' || inFlight !== undefined)
      .flatMap(({ connectionId }) => (connectionId === undefined ? [] : [connectionId]));
  } catch {
    // What is restored next is compared in any case.
    return [];
  }
}

async function endConnection(context: Context, session: Session, id: string): Promise<void> {
  const running = await statementOf(session, id);
  if (running === undefined) return;
  const statement = excerptOf(running);
  await inStep(context, 'wait-for-statement', { connection: id, statement }, async () => {
    const since = context.clock.monotonicMs();
    // It may be gone between the question and this.
    await session.run(`KILL ${Number(id)}`).catch(() => undefined);
    while ((await statementOf(session, id)) !== undefined) {
      const passed = context.clock.monotonicMs() - since;
      if (passed > mostMs)
        throw locked('migration-still-running', { connection: id, statement, seconds: passed / 1000 });
      await context.clock.sleep(pauseMs);
    }
  });
}

/** What a connection in this database is running; undefined when it is gone. */
async function statementOf(session: Session, id: string): Promise<string | undefined> {
  const [row] = await session.rows(
    'SELECT INFO AS info FROM information_schema.PROCESSLIST WHERE ID = ? AND DB = DATABASE() AND ID <> CONNECTION_ID()',
    [id],
  );
  const info = row?.['info'];
  return row === undefined ? undefined : typeof info === 'string' ? info : '';
}
