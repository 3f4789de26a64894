import { warn, type Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { allows, currentUser, readGrants, type Grants } from '../database/grants.ts';
import { sqlErrorOf, type Row, type Session } from '../database/session/session.ts';
import { traits } from '../sql/flavour.ts';
import { quoteName } from '../sql/quote.ts';
import { isOlderSeries } from '../sql/server-version.ts';
import { knownOptions, type DumpClient } from './client/clients.ts';
import { findFragileValues } from './fragile-values.ts';

/** What has to be done for a dump to be whole. */
export interface DumpNeeds {
  /** Tables that no snapshot covers: they are to be locked while the dump runs. */
  readonly lock: readonly TableToLock[];
  /** The server's `max_allowed_packet`, in bytes: a longer statement it would not take back. */
  readonly maxPacket: number;
}

/**
 * Checks, before a dump, that it will be whole: what this user may not see, and what the server itself cannot read, is
 * refused by name; it would be left out silently, or stop the dump in the middle.
 *
 * @throws MajError `client-flavour` (exit code 2); `name-not-dumpable`, `privileges-missing`, `tables-unreadable`,
 *   `outside-snapshot`, `views-broken`, `routines-hidden`, `history-not-dumped`, `events-unending`,
 *   `programs-garbled` (exit code 3)
 */
export async function checkDumpable(
  context: Pick<Context, 'env' | 'report'>,
  session: Session,
  client: DumpClient,
  database: string,
): Promise<DumpNeeds> {
  checkClient(context, session, client);
  await checkName(session, client, database);
  const grants = await readGrants(session, database);
  await checkPrivileges(session, grants, database);
  const lock = await checkTables(context, session, client, grants, database);
  await checkViews(session, database);
  await checkRoutines(session, database);
  await checkStoredPrograms(session, database);
  const rounded = await findFragileValues(session, database, ['rounded']);
  if (rounded.length > 0) warn(context, 'floats-rounded', { columns: rounded });
  const [row] = await session.rows('SELECT @@GLOBAL.max_allowed_packet AS bytes');
  return { lock, maxPacket: Number(row?.['bytes']) };
}

function checkClient(context: Pick<Context, 'report'>, session: Session, client: DumpClient): void {
  const { server } = session;
  if (client.flavour !== server.flavour)
    throw wrongUsage('client-flavour', {
      program: client.dump,
      client: client.flavour,
      server: server.text,
    });
  if (isOlderSeries(client.version, server.version))
    warn(context, 'client-older', { program: client.dump, version: client.version, server: server.text });
}

/**
 * Without TRIGGER a dump has no triggers, and says nothing; without EXECUTE a user does not even see routines. They must
 * hold for the whole database: a table that is not granted is not in the list of tables either, and nobody misses it.
 */
const needed: readonly (readonly string[])[] = [
  ['SELECT'],
  ['SHOW VIEW'],
  ['TRIGGER'],
  ['EVENT'],
  ['EXECUTE', 'ALTER ROUTINE', 'CREATE ROUTINE', 'SHOW_ROUTINE', 'SHOW CREATE ROUTINE'],
];

async function checkPrivileges(session: Session, grants: Grants, database: string): Promise<void> {
  const missing = needed.filter((oneOf) => !allows(grants, ...oneOf)).map(([first]) => first ?? '');
  if (missing.length === 0) return;
  throw refused('privileges-missing', { user: await currentUser(session), database, missing });
}

/**
 * Checks that the dump program can enter the database by its name. One that escapes the name as if it were a text looks for
 * a database of that name before it dumps events and routines: error 1049.
 *
 * @throws MajError `name-not-dumpable`
 */
async function checkName(session: Session, client: DumpClient, database: string): Promise<void> {
  if (!traits.dumpEscapesDatabaseName[client.flavour] || !/['"\\\n\r]/.test(database)) return;
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
async function checkViews(session: Session, database: string): Promise<void> {
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
async function checkRoutines(session: Session, database: string): Promise<void> {
  const hidden = await session.rows(
    `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ? AND ROUTINE_DEFINITION IS NULL ORDER BY ROUTINE_NAME`,
    [database],
  );
  if (hidden.length === 0) return;
  throw refused('routines-hidden', { routines: namesOf(hidden), flavour: session.server.flavour });
}

const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => String(name));

/**
 * Checks the stored programs of a database for what the dump programs of both vendors write wrongly, or never finish
 * (found on MariaDB 10.11 and 11.8 and MySQL 9.7): an event whose text holds `;;`, for which they look for another
 * delimiter in an endless loop; and names and comments that they write in UTF-8 into a text that is in another charset,
 * so that they come back garbled.
 *
 * @throws MajError `events-unending`, `programs-garbled`, naming all of them
 */
async function checkStoredPrograms(session: Session, database: string): Promise<void> {
  const unending = await session.rows(
    `SELECT EVENT_NAME AS name FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA = ? AND CONCAT(EVENT_NAME, ' ', EVENT_DEFINITION, ' ', EVENT_COMMENT) LIKE '%;;%'`,
    [database],
  );
  if (unending.length > 0) throw refused('events-unending', { events: namesOf(unending).sort() });
  const garbled: string[] = [];
  for (const sql of garbledQueries(session)) garbled.push(...namesOf(await session.rows(sql, [database])));
  if (garbled.length > 0) throw refused('programs-garbled', { programs: garbled.sort() });
}

/** What may be garbled: the names of events everywhere. */
function garbledQueries(session: Session): readonly string[] {
  const dumpsNamesAsWritten = traits.dumpsNamesAsWritten[session.server.flavour];
  const routine = dumpsNamesAsWritten ? ['ROUTINE_COMMENT'] : ['ROUTINE_NAME', 'ROUTINE_COMMENT'];
  return [
    query('EVENTS', 'EVENT', "'event '", ['EVENT_NAME', 'EVENT_COMMENT']),
    query('ROUTINES', 'ROUTINE', "LOWER(ROUTINE_TYPE), ' '", routine),
    ...(dumpsNamesAsWritten ? [] : [query('TRIGGERS', 'TRIGGER', "'trigger '", ['TRIGGER_NAME'])]),
  ];
}

const query = (table: string, what: string, kind: string, texts: readonly string[]): string => `
  SELECT CONCAT(${kind}, ${what}_NAME, ' (', CHARACTER_SET_CLIENT, ')') AS name FROM information_schema.${table}
  WHERE ${what}_SCHEMA = ? AND CHARACTER_SET_CLIENT NOT LIKE 'utf8%'
    AND (${texts.map((text) => `LENGTH(${text}) <> CHAR_LENGTH(${text})`).join(' OR ')})`;

/** A table whose engine knows no transactions: no snapshot covers it. */
export interface TableToLock {
  readonly name: string;
  readonly engine: string;
}

/**
 * Checks that each table can be read, and that all of it will be in the dump.
 *
 * @returns the tables that must be locked for that: this user may
 * @throws MajError `tables-unreadable`, `history-not-dumped`, `outside-snapshot`
 */
async function checkTables(
  context: Pick<Context, 'env'>,
  session: Session,
  client: DumpClient,
  grants: Grants,
  database: string,
): Promise<TableToLock[]> {
  const rows = await session.rows(
    `SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS kind, t.ENGINE AS engine, t.TABLE_COMMENT AS comment,
       e.TRANSACTIONS AS transactions
     FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
     WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY t.TABLE_NAME`,
    [database],
  );
  const tables = rows.map((row) => ({
    name: String(row['name']),
    kind: String(row['kind']),
    // Without an engine the server could not open it, and says why in the place of the comment.
    engine: typeof row['engine'] === 'string' ? row['engine'] : undefined,
    reason: String(row['comment']),
    transactional: row['transactions'] === 'YES',
  }));
  const unreadable = tables.filter(({ engine }) => engine === undefined);
  if (unreadable.length > 0)
    throw refused('tables-unreadable', {
      tables: unreadable.map(({ name, reason }) => `${name} (${reason})`),
    });
  const versioned = tables.filter(({ kind }) => kind === 'SYSTEM VERSIONED').map(({ name }) => name);
  if (versioned.length > 0 && !(await knownOptions(context, client.dump, client.via))('dump-history'))
    throw refused('history-not-dumped', { tables: versioned, program: client.dump });
  const outside = tables
    .filter(({ transactional }) => !transactional)
    .map(({ name, engine = '' }) => ({ name, engine }));
  if (outside.length > 0 && !allows(grants, 'LOCK TABLES'))
    throw refused('outside-snapshot', { tables: outside, database, user: await currentUser(session) });
  return outside;
}
