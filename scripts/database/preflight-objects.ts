import { refused } from '../errors.ts';
import type { DumpClient } from './dump-client.ts';
import { quoteName } from './quote.ts';
import { sqlErrorOf, type Row, type Session } from './session.ts';

/**
 * Checks that the dump program can enter the database by its name. MariaDB's (10.11 and 11.8) escapes the name as if it
 * were a text, and then looks for a database of that name before it dumps events and routines: error 1049.
 *
 * @throws MajError `name-not-dumpable`
 */
export async function checkName(session: Session, client: DumpClient, database: string): Promise<void> {
  if (client.flavour !== 'mariadb' || !/['"\\\n\r]/.test(database)) return;
  const [row] = await session.rows(
    `SELECT (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?) +
       (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?) AS found`,
    [database, database],
  );
  if (Number(row?.['found']) > 0) throw refused('name-not-dumpable', { database, program: client.dump });
}

/**
 * Checks that every view works: the dump program asks for the columns of each, and one that does not work fails then, in
 * the middle.
 *
 * @throws MajError `views-broken`, naming all of them
 */
export async function checkViews(session: Session, database: string): Promise<void> {
  const views = await session.rows(
    'SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME',
    [database],
  );
  const broken: string[] = [];
  for (const name of namesOf(views)) {
    try {
      await session.rows(`SHOW COLUMNS FROM ${quoteName(database)}.${quoteName(name)}`);
    } catch (error) {
      const sqlError = sqlErrorOf(error);
      if (sqlError?.errno === undefined) throw error;
      broken.push(`${name} (${sqlError.message})`);
    }
  }
  if (broken.length > 0) throw refused('views-broken', { views: broken });
}

/**
 * Checks that the text of every routine that this user sees can be read by it.
 *
 * @throws MajError `routines-hidden`, naming all of them
 */
export async function checkRoutines(session: Session, database: string): Promise<void> {
  const hidden = await session.rows(
    `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ? AND ROUTINE_DEFINITION IS NULL ORDER BY ROUTINE_NAME`,
    [database],
  );
  if (hidden.length === 0) return;
  throw refused('routines-hidden', { routines: namesOf(hidden), flavour: session.server.flavour });
}

const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => String(name));
