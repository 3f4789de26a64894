import { refused } from '../errors.ts';
import type { Row, Session } from './session.ts';

/**
 * Checks the stored programs of a database for what the dump programs of both vendors write wrongly, or never finish
 * (found on MariaDB 10.11 and 11.8 and MySQL 9.7): an event whose text holds `;;`, for which they look for another
 * delimiter in an endless loop; and names and comments that they write in UTF-8 into a text that is in another charset,
 * so that they come back garbled.
 *
 * @throws MajError `events-unending`, `programs-garbled`, naming all of them
 */
export async function checkStoredPrograms(session: Session, database: string): Promise<void> {
  const unending = await session.rows(
    `SELECT EVENT_NAME AS name FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA = ? AND CONCAT(EVENT_NAME, ' ', EVENT_DEFINITION, ' ', EVENT_COMMENT) LIKE '%;;%'`,
    [database],
  );
  if (unending.length > 0) throw refused('events-unending', { events: unending.map(nameOf).sort() });
  const garbled: string[] = [];
  for (const sql of garbledQueries(session))
    garbled.push(...(await session.rows(sql, [database])).map(nameOf));
  if (garbled.length > 0) throw refused('programs-garbled', { programs: garbled.sort() });
}

/** MariaDB writes the names of routines and triggers as they were written, MySQL those of none. */
function garbledQueries(session: Session): readonly string[] {
  const routine =
    session.server.flavour === 'mysql' ? ['ROUTINE_NAME', 'ROUTINE_COMMENT'] : ['ROUTINE_COMMENT'];
  return [
    query('EVENTS', 'EVENT', "'event '", ['EVENT_NAME', 'EVENT_COMMENT']),
    query('ROUTINES', 'ROUTINE', "LOWER(ROUTINE_TYPE), ' '", routine),
    ...(session.server.flavour === 'mysql'
      ? [query('TRIGGERS', 'TRIGGER', "'trigger '", ['TRIGGER_NAME'])]
      : []),
  ];
}

const query = (table: string, what: string, kind: string, texts: readonly string[]): string => `
  SELECT CONCAT(${kind}, ${what}_NAME, ' (', CHARACTER_SET_CLIENT, ')') AS name FROM information_schema.${table}
  WHERE ${what}_SCHEMA = ? AND CHARACTER_SET_CLIENT NOT LIKE 'utf8%'
    AND (${texts.map((text) => `LENGTH(${text}) <> CHAR_LENGTH(${text})`).join(' OR ')})`;

const nameOf = (row: Row): string => String(row['name']);
