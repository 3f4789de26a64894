import { systemNow } from './session/session-state.ts';
import type { Row, Session } from './session/session.ts';

/**
 * Who is in a database: one of them holds the lock that is waited for. Which one, servers tell only with instruments that
 * are rarely on. A user without PROCESS sees the connections of its own account, which is the application's. Never what
 * they run: that holds rows.
 */
export async function othersIn(
  session: Session,
  database: string,
  except: readonly number[] = [],
): Promise<string[]> {
  const rows = await session.rows(
    `SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST
     WHERE DB = ? AND ID NOT IN (${['CONNECTION_ID()', ...except].join(', ')}) ORDER BY TIME DESC LIMIT 5`,
    [database],
  );
  return rows.map((row) => `${connectionText(row)} (${String(row['seconds'])} s)`);
}

function connectionText(row: Row): string {
  const [id, user, host] = ['id', 'user', 'host'].map((key) => String(row[key]));
  return `connection ${id} of ${user}@${host}`;
}

/**
 * Who may hold the lock that a change waited for: the connections whose transactions are open; where these cannot be seen
 * (without PROCESS), who is in the database. Never what they run.
 *
 * @param except connections of our own
 */
export async function holdersIn(
  session: Session,
  database: string,
  except: readonly number[],
): Promise<string[]> {
  const open = `SELECT p.ID AS id, p.USER AS user, p.HOST AS host,
      TIMESTAMPDIFF(SECOND, t.trx_started, ${systemNow}) AS seconds
    FROM information_schema.INNODB_TRX t
    JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
    WHERE p.DB = ? AND p.ID NOT IN (${['CONNECTION_ID()', ...except].join(', ')}) ORDER BY seconds DESC LIMIT 5`;
  const rows = await session.rows(open, [database]).catch(() => []);
  if (rows.length > 0)
    return rows.map((row) => `${connectionText(row)}, in a transaction since ${String(row['seconds'])} s`);
  return othersIn(session, database, except);
}

/** Whether a dump program waits for a lock on a table; both programs begin their reading with these words. */
export async function heldUp(session: Session, database: string): Promise<boolean> {
  const rows = await session.rows(
    `SELECT ID AS id FROM information_schema.PROCESSLIST
     WHERE DB = ? AND STATE = 'Waiting for table level lock' AND INFO LIKE 'SELECT /*!40001 SQL_NO_CACHE%'`,
    [database],
  );
  return rows.length > 0;
}
