import { readRoutines } from './inventory.ts';
import { quoteName } from './quote.ts';
import type { Row, Session } from './session.ts';

/**
 * Drops everything in a database, and leaves the database itself with its charset, its collation and what was granted
 * on it. Foreign keys, from other databases too, are no obstacle. Afterwards the session checks them again.
 */
export async function dropAllObjects(session: Session, database: string): Promise<void> {
  await session.run('SET foreign_key_checks = 0');
  try {
    for (const statement of await dropStatements(session, database)) await session.run(statement);
  } finally {
    await session.run('SET foreign_key_checks = 1');
  }
}

async function dropStatements(session: Session, database: string): Promise<string[]> {
  const within = (name: unknown): string => `${quoteName(database)}.${quoteName(String(name))}`;
  const tables = await session.rows(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const routines = await readRoutines(session, database);
  const events = await session.rows(
    'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
    [database],
  );
  // An event could run between two of these, and a view needs its tables: both go first.
  return [
    ...events.map(({ name }) => `DROP EVENT IF EXISTS ${within(name)}`),
    ...inOrder(tables).map(({ name, kind }) => `DROP ${tableWord(kind)} IF EXISTS ${within(name)}`),
    ...routines
      .filter(({ kind }) => !kind.startsWith('PACKAGE'))
      .map(({ name, kind }) => `DROP ${kind} IF EXISTS ${within(name)}`),
    ...inOracleMode(
      // The body of a package goes with the package.
      routines
        .filter(({ kind }) => kind === 'PACKAGE')
        .map(({ name }) => `DROP PACKAGE IF EXISTS ${within(name)}`),
    ),
  ];
}

/** MariaDB before 11.4 knows packages in this sql_mode only. */
function inOracleMode(statements: readonly string[]): string[] {
  if (statements.length === 0) return [];
  const before = "SET @maj_sql_mode = @@sql_mode, sql_mode = 'ORACLE'";
  return [before, ...statements, 'SET sql_mode = @maj_sql_mode'];
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
