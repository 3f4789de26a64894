import type { Session } from './session.ts';

/**
 * Who is in a database: one of them holds the lock that is waited for. Which one, servers tell only with instruments that
 * are rarely on. A user without PROCESS sees the connections of its own account, which is the application's. Never what
 * they run: that holds rows.
 */
export async function othersIn(session: Session, database: string): Promise<string[]> {
  const rows = await session.rows(
    `SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST
     WHERE DB = ? AND ID <> CONNECTION_ID() ORDER BY TIME DESC LIMIT 5`,
    [database],
  );
  return rows.map((row) => {
    const [id, user, host, seconds] = ['id', 'user', 'host', 'seconds'].map((key) => String(row[key]));
    return `connection ${id} of ${user}@${host} (${seconds} s)`;
  });
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
