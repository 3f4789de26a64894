import { wrongUsage } from '../core/errors.ts';
import { traits } from '../sql/flavour.ts';
import { isOlderSeries } from '../sql/server-version.ts';
import type { Row, Session } from './session/session.ts';

/** Everything that a database holds, by name; what a backup of it must hold as well. Sorted, so that two compare. */
export interface Inventory {
  readonly charset: string;
  readonly collation: string;
  readonly tables: readonly { readonly name: string; readonly engine: string }[];
  readonly views: readonly string[];
  readonly triggers: readonly string[];
  /** `PROCEDURE`, `FUNCTION`; on MariaDB also `PACKAGE` and `PACKAGE BODY`, on MySQL from 9.2 on `LIBRARY`. */
  readonly routines: readonly { readonly name: string; readonly kind: string }[];
  readonly events: readonly string[];
  /** MariaDB's only. */
  readonly sequences: readonly string[];
}

/** An account of the server: that something in the database is defined by, or that is locked. A role of MariaDB's has an empty host. */
export interface DatabaseAccount {
  readonly user: string;
  readonly host: string;
}

/**
 * Reads what a database holds, as far as this user may see it.
 *
 * @throws MajError `database-missing`, exit code 2
 */
export async function readInventory(session: Session, database: string): Promise<Inventory> {
  const [defaults] = await session.rows(
    `SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation
     FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`,
    [database],
  );
  if (defaults === undefined)
    throw wrongUsage('database-missing', { database, address: session.server.text });
  const tables = await session.rows(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind, ENGINE AS engine
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?`,
    [database],
  );
  const ofKind = (kind: string): string[] => namesOf(tables.filter((table) => table['kind'] === kind));
  return {
    charset: String(defaults['charset']),
    collation: String(defaults['collation']),
    // `SYSTEM VERSIONED` are MariaDB's tables that keep their history.
    tables: tables
      .filter(({ kind }) => kind === 'BASE TABLE' || kind === 'SYSTEM VERSIONED')
      .map(({ name, engine }) => ({ name: String(name), engine: typeof engine === 'string' ? engine : '' }))
      .sort((a, b) => compare(a.name, b.name)),
    views: ofKind('VIEW'),
    triggers: await namesIn(session, 'TRIGGERS', 'TRIGGER', database),
    routines: await readRoutines(session, database),
    events: await namesIn(session, 'EVENTS', 'EVENT', database),
    sequences: ofKind('SEQUENCE'),
  };
}

/** Reads the names and kinds of what a database's stored programs are. */
export async function readRoutines(session: Session, database: string): Promise<Inventory['routines']> {
  const rows = await session.rows(
    'SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS kind FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?',
    [database],
  );
  // Libraries of JavaScript are listed by themselves.
  const librariesSince = traits.librariesSince[session.server.flavour];
  if (librariesSince !== undefined && !isOlderSeries(session.server.version, librariesSince))
    rows.push(
      ...(await session.rows(
        `SELECT LIBRARY_NAME AS name, 'LIBRARY' AS kind FROM information_schema.LIBRARIES WHERE LIBRARY_SCHEMA = ?`,
        [database],
      )),
    );
  return rows
    .map(({ name, kind }) => ({ name: String(name), kind: String(kind) }))
    .sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}

/** Reads who views, triggers, routines and events are defined by: loading them elsewhere needs these accounts. */
export async function readDefiners(session: Session, database: string): Promise<DatabaseAccount[]> {
  const rows = await session.rows(
    `SELECT DEFINER AS definer FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?
     UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
     UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?
     UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?`,
    [database, database, database, database],
  );
  return [...new Set(rows.map(({ definer }) => String(definer)))].sort(compare).map(parseAccount);
}

/** Reads `user@host`; the user may hold an `@`, a host never does. */
export function parseAccount(text: string): DatabaseAccount {
  const at = text.lastIndexOf('@');
  return at < 0 ? { user: text, host: '' } : { user: text.slice(0, at), host: text.slice(at + 1) };
}

async function namesIn(
  session: Session,
  table: 'TRIGGERS' | 'EVENTS',
  what: 'TRIGGER' | 'EVENT',
  database: string,
): Promise<string[]> {
  const sql = `SELECT ${what}_NAME AS name FROM information_schema.${table} WHERE ${what}_SCHEMA = ?`;
  return namesOf(await session.rows(sql, [database]));
}

const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => String(name)).sort(compare);

/** By code unit: the same on every machine, whatever its language. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
