import { inStep, stopIfInterrupted, type Context } from '../context.ts';
import type { Session } from '../database/session.ts';
import { locked } from '../errors.ts';
import { excerptOf } from './failure.ts';

/** A statement of a connection whose client is gone. */
interface Running {
  readonly seconds: number;
}

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
  const found = await findRunning(session, connectionId, text);
  if (found === undefined) return;
  const statement = excerptOf(text);
  await inStep(context, 'wait-for-statement', { connection: connectionId, statement }, async () => {
    const since = context.clock.monotonicMs();
    for (;;) {
      const running = await findRunning(session, connectionId, text);
      if (running === undefined) return;
      if (context.clock.monotonicMs() - since > mostMs)
        throw locked('migration-still-running', {
          connection: connectionId,
          statement,
          seconds: running.seconds,
        });
      await context.clock.sleep(pauseMs, context.signal);
      stopIfInterrupted(context);
    }
  });
}

async function findRunning(
  session: Session,
  connectionId: string,
  text: string,
): Promise<Running | undefined> {
  const [row] = await session.rows(
    `SELECT TIME AS seconds, COMMAND AS command, INFO AS info FROM information_schema.PROCESSLIST
     WHERE ID = ? AND ${inThisDatabase}`,
    [connectionId],
  );
  if (row === undefined || !mayRun(row['command'], row['info'], text)) return undefined;
  return { seconds: Number(row['seconds']) };
}

/**
 * A condition for PROCESSLIST. MariaDB tells neither database nor statement of a connection whose data it cannot lock at
 * that moment, and says `Busy` instead (`trylock_short` in its sql_show.cc).
 */
export const inThisDatabase = "(DB = DATABASE() OR STATE = 'Busy')";

/** Whether a connection may be running this statement: that no text is told of one does not mean that it is idle. Pure. */
export const mayRun = (command: unknown, info: unknown, text: string): boolean =>
  typeof info === 'string' ? isSame(info, text) : command !== 'Sleep';

/** The server may cut what it shows. */
const isSame = (shown: string, text: string): boolean =>
  shown.length > 0 && text.startsWith(shown.slice(0, 1000).trim());
