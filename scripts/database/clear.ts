import { readRoutines } from './inventory.ts';
import { quoteName } from './quote.ts';
import type { Row, Session } from './session.ts';

/** What of a database is to be dropped; a name that is not there is no error. */
export interface DropSelection {
  /** Tables, and views and sequences that stand where a table should. */
  readonly tables: ReadonlySet<string>;
  readonly sequences: ReadonlySet<string>;
  /** Tables that lose their triggers. */
  readonly triggersOf: ReadonlySet<string>;
  /** All views, events and routines. */
  readonly code: boolean;
}

/**
 * Drops everything in a database, or some of it, and leaves the database itself with its charset, its collation and
 * what was granted on it. Foreign keys, from other databases too, are no obstacle. Afterwards the session checks them
 * again.
 */
export async function dropObjects(
  session: Session,
  database: string,
  selection: DropSelection | 'everything',
): Promise<void> {
  await session.run('SET foreign_key_checks = 0');
  try {
    for (const statement of await dropStatements(session, database, selection)) await session.run(statement);
  } finally {
    await session.run('SET foreign_key_checks = 1');
  }
}

async function dropStatements(
  session: Session,
  database: string,
  selection: DropSelection | 'everything',
): Promise<string[]> {
  const within = (name: unknown): string => `${quoteName(database)}.${quoteName(String(name))}`;
  const tables = await session.rows(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const triggers = await session.rows(
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS ofTable FROM information_schema.TRIGGERS
     WHERE TRIGGER_SCHEMA = ?`,
    [database],
  );
  const routines = await readRoutines(session, database);
  const events = await session.rows(
    'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
    [database],
  );
  const all = selection === 'everything';
  const code = all || selection.code;
  const goes = ({ name, kind }: Row): boolean => {
    if (all || (code && tableWord(kind) === 'VIEW')) return true;
    return (
      (tableWord(kind) === 'SEQUENCE' && selection.sequences.has(String(name))) ||
      selection.tables.has(String(name))
    );
  };
  // An event could run between two of these, and a view needs its tables: both go first.
  return [
    ...(code ? events : []).map(({ name }) => `DROP EVENT IF EXISTS ${within(name)}`),
    ...(all ? [] : triggers)
      .filter(({ ofTable }) => !all && selection.triggersOf.has(String(ofTable)))
      .map(({ name }) => `DROP TRIGGER IF EXISTS ${within(name)}`),
    ...inOrder(tables.filter(goes)).map(
      ({ name, kind }) => `DROP ${tableWord(kind)} IF EXISTS ${within(name)}`,
    ),
    ...(code ? routines : [])
      .filter(({ kind }) => !kind.startsWith('PACKAGE'))
      .map(({ name, kind }) => `DROP ${kind} IF EXISTS ${within(name)}`),
    ...inOracleMode(
      // The body of a package goes with the package.
      (code ? routines : [])
        .filter(({ kind }) => kind === 'PACKAGE')
        .map(({ name }) => `DROP PACKAGE IF EXISTS ${within(name)}`),
    ),
  ];
}

/** MariaDB before 11.4 knows packages in this sql_mode only. */
function inOracleMode(statements: readonly string[]): string[] {
  if (statements.length === 0) return [];
  const enter = "SET @maj_sql_mode = @@sql_mode, sql_mode = 'ORACLE'";
  return [enter, ...statements, 'SET sql_mode = @maj_sql_mode'];
}

function tableWord(kind: unknown): 'VIEW' | 'SEQUENCE' | 'TABLE' {
  if (kind === 'VIEW') return 'VIEW';
  return kind === 'SEQUENCE' ? 'SEQUENCE' : 'TABLE';
}

/** Views first; sequences last: a column's default may use one, and MariaDB looks. */
function inOrder(tables: readonly Row[]): Row[] {
  const rank = { VIEW: 0, TABLE: 1, SEQUENCE: 2 } as const;
  return tables.toSorted((a, b) => rank[tableWord(a['kind'])] - rank[tableWord(b['kind'])]);
}

/** Tables that others refer to by a foreign key, other than those that are themselves in the set. */
export async function referredTables(
  session: Session,
  database: string,
  except: ReadonlySet<string>,
): Promise<Set<string>> {
  const rows = await session.rows(
    `SELECT CONSTRAINT_SCHEMA AS ofDatabase, TABLE_NAME AS ofTable, REFERENCED_TABLE_NAME AS name
     FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ?`,
    [database],
  );
  return new Set(
    rows
      .filter(({ ofDatabase, ofTable }) => ofDatabase !== database || !except.has(String(ofTable)))
      .map(({ name }) => String(name)),
  );
}
