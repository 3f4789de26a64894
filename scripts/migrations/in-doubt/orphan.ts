import type { Clock } from '../../core/clock.ts';
import { inStep, stopIfInterrupted, type Context } from '../../core/context.ts';
import { locked } from '../../core/errors.ts';
import { withSession, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import type { LedgerRow } from '../ledger/columns.ts';
import { excerptOf } from '../run/failure.ts';
import { readLedger } from '../ledger/ledger.ts';

const pauseMs = 500;
const mostMs = 10 * 60_000;

/**
 * Waits until the server has done with a statement that a dead client left it: the end of the client ends no ALTER TABLE.
 * To stop it would be a decision of the user's.
 *
 * @param connectionId of the dead client's connection
 * @param text the statement that it was running; another one is another client's, for the server gives numbers anew
 *   once it was restarted
 * @throws MajError `migration-still-running` (exit code 5) after ten minutes
 */
export async function waitForOrphan(
  context: Context,
  session: Session,
  connectionId: string,
  text: string,
): Promise<void> {
  if ((await runsSince(session, connectionId, text)) === undefined) return;
  const statement = excerptOf(text);
  await inStep(context, 'wait-for-statement', { connection: connectionId, statement }, async () => {
    const since = context.clock.monotonicMs();
    for (;;) {
      const seconds = await runsSince(session, connectionId, text);
      if (seconds === undefined) return;
      if (context.clock.monotonicMs() - since > mostMs)
        throw locked('migration-still-running', { connection: connectionId, statement, seconds });
      await context.clock.sleep(pauseMs, context.signal);
      stopIfInterrupted(context);
    }
  });
}

/** For how many seconds a connection has been running a statement; undefined where it does not. */
async function runsSince(session: Session, connectionId: string, text: string): Promise<number | undefined> {
  const [row] = await session.rows(
    `SELECT TIME AS seconds, COMMAND AS command, INFO AS info FROM information_schema.PROCESSLIST
     WHERE ID = ? AND ${inThisDatabase}`,
    [connectionId],
  );
  if (row === undefined || !mayRun(row['command'], row['info'], text)) return undefined;
  return Number(row['seconds']);
}

/**
 * A condition for PROCESSLIST. MariaDB tells neither database nor statement of a connection whose data it cannot lock at
 * that moment, and says `Busy` instead (`trylock_short` in its sql_show.cc).
 */
const inThisDatabase = "(DB = DATABASE() OR STATE = 'Busy')";

/** Whether a connection may be running this statement: that no text is told of one does not mean that it is idle. Pure. */
export const mayRun = (command: unknown, info: unknown, text: string): boolean =>
  typeof info === 'string' ? isSame(info, text) : command !== 'Sleep';

/** The server may cut what it shows. */
const isSame = (shown: string, text: string): boolean =>
  shown.length > 0 && text.startsWith(shown.slice(0, 1000).trim());

/** The server undoes what it has done of a long ALTER TABLE. */
const endWithinMs = 10 * 60_000;

/**
 * Ends the statements that a migration or a restore left the server with when its client died: they must not change the
 * schema any more while, and after, that is put back. Called when what they do is not wanted, whatever they have come to,
 * and by whoever holds the lock of this database: no restore is at work.
 *
 * @throws MajError `migration-still-running` (exit code 5) when the server does not end it in ten minutes
 */
export async function endOrphans(context: Context, target: Target): Promise<void> {
  await withSession(context, target, async (session) => {
    const startedAt = await serverStart(session);
    const ofMigrations = leftConnections(await ledgerRows(session), startedAt);
    for (const id of [...ofMigrations, ...(await leftRestores(session))]) {
      const running = await statementOf(session, id);
      if (running !== undefined) await endOne(context, session, id, running);
    }
  });
}

/** MySQL lets a RENAME wait for its tables though its client is gone; MariaDB sees that it is, in a second. */
async function leftRestores(session: Session): Promise<number[]> {
  const found = await session.rows(
    `SELECT ID AS id FROM information_schema.PROCESSLIST
     WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND INFO LIKE 'RENAME TABLE%maj\\_restore\\_%'`,
  );
  return found.map(({ id }) => Number(id));
}

/** A ledger that is not ours names no connections; what is restored next is compared in any case. */
const ledgerRows = (session: Session): Promise<readonly LedgerRow[]> => readLedger(session).catch(() => []);

/**
 * The connections that the ledger names for scripts that did not end. One from before the server was started is gone,
 * and its number is another client's by now. Pure.
 *
 * @param serverStart when the server was started, by its own clock, as the ledger writes times
 */
const leftConnections = (
  rows: readonly Pick<LedgerRow, 'state' | 'inFlight' | 'connectionId' | 'startedAt'>[],
  serverStart: string,
): readonly number[] =>
  rows
    .filter(({ state, inFlight }) => state === 'applying' || inFlight !== undefined)
    .filter(({ startedAt }) => startedAt >= serverStart)
    .flatMap(({ connectionId }) => (connectionId === undefined ? [] : [Number(connectionId)]));

/**
 * `2026-11-22 10:15:30`, UTC; never late, since the time is asked for before the uptime, which is told in whole seconds.
 */
async function serverStart(session: Session): Promise<string> {
  const [asked] = await session.rows('SELECT CAST(UTC_TIMESTAMP() AS CHAR) AS now');
  // Both flavours count from the start of the server, whatever FLUSH STATUS resets.
  const [uptime] = await session.rows("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const [found] = await session.rows(
    `SELECT CAST(CAST(? AS DATETIME) - INTERVAL ${Number(uptime?.['Value'])} + 1 SECOND AS CHAR) AS start`,
    [String(asked?.['now'])],
  );
  return String(found?.['start']);
}

async function endOne(context: Context, session: Session, id: number, running: string): Promise<void> {
  const facts = { connection: String(id), statement: excerptOf(running) };
  await inStep(context, 'wait-for-statement', facts, async () => {
    if (await endConnection(session, id, context.clock, endWithinMs)) return;
    throw locked('migration-still-running', { ...facts, seconds: endWithinMs / 1000 });
  });
}

/** What a connection in this database is running; undefined when it is gone. */
async function statementOf(session: Session, id: number): Promise<string | undefined> {
  const [row] = await session.rows(
    `SELECT INFO AS info FROM information_schema.PROCESSLIST
     WHERE ID = ? AND ${inThisDatabase} AND ID <> CONNECTION_ID()`,
    [id],
  );
  const info = row?.['info'];
  return row === undefined ? undefined : typeof info === 'string' ? info : '';
}

/** The end of a connection comes sooner than that of a statement. */
const endPauseMs = 100;

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
    await clock.sleep(endPauseMs);
  }
  return true;
}

async function isThere(session: Session, id: number): Promise<boolean> {
  const found = await session.rows(`SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${id}`);
  return found.length > 0;
}
