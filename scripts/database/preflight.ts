import { warn, type Context } from '../context.ts';
import { refused, wrongUsage } from '../errors.ts';
import { knownOptions } from './clients.ts';
import type { DumpClient } from './dump-client.ts';
import { seriesOf } from './flavour.ts';
import { allows, readGrants } from './grants.ts';
import { quoteName } from './quote.ts';
import { sqlErrorOf, type Row, type Session } from './session.ts';

/**
 * Checks, before a dump, that it will be whole: what this user may not see, and what the server itself cannot read, is
 * refused by name; it would be left out silently, or stop the dump in the middle.
 *
 * @throws MajError `client-flavour` (exit code 2); `privileges-missing`, `tables-unreadable`, `views-broken`,
 *   `routines-hidden`, `history-not-dumped` (exit code 3)
 */
export async function checkDumpable(
  context: Pick<Context, 'env' | 'report'>,
  session: Session,
  clients: DumpClient,
  database: string,
): Promise<void> {
  checkClients(context, session, clients);
  await checkPrivileges(session, database);
  await checkTables(context, session, clients, database);
  await checkViews(session, database);
  await checkRoutines(session, database);
}

function checkClients(context: Pick<Context, 'report'>, session: Session, clients: DumpClient): void {
  const { server } = session;
  if (clients.flavour !== server.flavour)
    throw wrongUsage('client-flavour', {
      program: clients.dump,
      client: clients.flavour,
      server: server.text,
    });
  const [clientMajor, clientMinor] = seriesOf(clients.version);
  const [major, minor] = seriesOf(server.version);
  if (clientMajor < major || (clientMajor === major && clientMinor < minor))
    warn(context, 'client-older', { program: clients.dump, version: clients.version, server: server.text });
}

/** Without TRIGGER a dump has no triggers, and says nothing; without EXECUTE a user does not even see routines. */
const needed: readonly (readonly string[])[] = [
  ['SELECT'],
  ['SHOW VIEW'],
  ['TRIGGER'],
  ['EVENT'],
  ['EXECUTE', 'ALTER ROUTINE', 'CREATE ROUTINE', 'SHOW_ROUTINE', 'SHOW CREATE ROUTINE'],
];

async function checkPrivileges(session: Session, database: string): Promise<void> {
  const grants = await readGrants(session, database);
  const missing = needed.filter((oneOf) => !allows(grants, ...oneOf)).map(([first]) => first ?? '');
  if (missing.length === 0) return;
  const [row] = await session.rows('SELECT CURRENT_USER() AS user');
  throw refused('privileges-missing', { user: String(row?.['user']), database, missing });
}

async function checkTables(
  context: Pick<Context, 'env' | 'report'>,
  session: Session,
  clients: DumpClient,
  database: string,
): Promise<void> {
  const tables = await session.rows(
    `SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS kind, t.ENGINE AS engine, t.TABLE_COMMENT AS comment,
       e.TRANSACTIONS AS transactions
     FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
     WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY t.TABLE_NAME`,
    [database],
  );
  const unreadable = tables.filter(({ engine }) => engine === null);
  if (unreadable.length > 0) {
    const reasons = unreadable.map(({ name, comment }) => `${String(name)} (${String(comment)})`);
    throw refused('tables-unreadable', { tables: reasons });
  }
  const versioned = tables.filter(({ kind }) => kind === 'SYSTEM VERSIONED');
  if (versioned.length > 0 && !(await knownOptions(context, clients.dump, clients.via))('dump-history'))
    throw refused('history-not-dumped', { tables: namesOf(versioned), program: clients.dump });
  const outside = tables.filter(({ transactions }) => transactions !== 'YES');
  if (outside.length > 0)
    warn(context, 'outside-snapshot', {
      tables: outside.map(({ name, engine }) => `${String(name)} (${String(engine)})`),
    });
}

/** The dump program asks for the columns of every view; a view that does not work fails then, in the middle. */
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

async function checkRoutines(session: Session, database: string): Promise<void> {
  const hidden = await session.rows(
    `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ? AND ROUTINE_DEFINITION IS NULL ORDER BY ROUTINE_NAME`,
    [database],
  );
  if (hidden.length === 0) return;
  const facts = { routines: namesOf(hidden), flavour: session.server.flavour };
  throw refused('routines-hidden', facts);
}

const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => String(name));
