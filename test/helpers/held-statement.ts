import type { Session } from '../../scripts/database/session/session.ts';

/**
 * Makes a statement that gets the lock of this name (`GET_LOCK`) wait until it is released: what a test does meanwhile
 * happens in the middle of the statement, on every machine.
 */
export async function holdLock(session: Session, name: string): Promise<{ release(): Promise<unknown> }> {
  await session.rows('SELECT GET_LOCK(?, 0)', [name]);
  return { release: () => session.rows('SELECT RELEASE_LOCK(?)', [name]) };
}

/** Waits until a connection runs a statement that holds this text; its id. */
export const connectionRunning = (session: Session, text: string): Promise<string> =>
  connectionThat(session, `INFO LIKE '%${text}%'`);

/** Waits until a connection waits for a table that another one has locked; its id. */
export const connectionWaiting = (session: Session): Promise<string> =>
  connectionThat(session, "STATE LIKE 'Waiting for table%'");

async function connectionThat(session: Session, condition: string): Promise<string> {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    const [row] = await session.rows(
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ${condition} AND ID <> CONNECTION_ID()`,
    );
    if (row !== undefined) return String(Number(row['id']));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`No connection was found of which ${condition}.`);
}
