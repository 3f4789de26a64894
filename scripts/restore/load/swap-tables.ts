import { readRoutines } from '../../database/inventory.ts';
import type { Session } from '../../database/session/session.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Selection } from './plan.ts';

/** A table that is whole, under a name beside its own. */
export interface ArrivingTable {
  readonly name: string;
  /** The name that it has until now. */
  readonly aside: string;
  /** A free name, for the table that it replaces. */
  readonly former: string;
}

/** What a database holds, as far as it may have to go. */
export interface ExistingObjects {
  readonly tables: readonly { readonly name: string; readonly kind: 'TABLE' | 'VIEW' | 'SEQUENCE' }[];
  readonly triggers: readonly { readonly name: string; readonly table: string }[];
  readonly routines: readonly { readonly name: string; readonly kind: string }[];
  readonly events: readonly string[];
}

/**
 * Puts tables in their place that were filled under other names, and drops what is to go. Until all of the new tables
 * have their names the old ones have theirs, and are dropped afterwards: at no moment are rows nowhere. The database
 * itself stays, with its charset, its collation and what was granted on it. Foreign keys, from other databases too, are
 * no obstacle. Afterwards the session checks them again.
 *
 * @param going where its tables should be, views and sequences may stand; a name that is not there is no error
 * @param made names of what is new already, and stays
 */
export async function replaceObjects(
  session: Session,
  database: string,
  going: Selection | 'everything',
  arriving: readonly ArrivingTable[] = [],
  made: ReadonlySet<string> = new Set(),
): Promise<void> {
  const existing = await readExisting(session, database);
  await session.run('SET foreign_key_checks = 0');
  try {
    for (const statement of replacement(existing, database, going, arriving, made))
      await session.run(statement);
  } finally {
    await session.run('SET foreign_key_checks = 1');
  }
}

async function readExisting(session: Session, database: string): Promise<ExistingObjects> {
  const tables = await session.rows(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const triggers = await session.rows(
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS ofTable FROM information_schema.TRIGGERS
     WHERE TRIGGER_SCHEMA = ?`,
    [database],
  );
  const events = await session.rows(
    'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
    [database],
  );
  return {
    tables: tables.map(({ name, kind }) => ({
      name: String(name),
      kind: kind === 'VIEW' || kind === 'SEQUENCE' ? kind : 'TABLE',
    })),
    triggers: triggers.map(({ name, ofTable }) => ({ name: String(name), table: String(ofTable) })),
    routines: await readRoutines(session, database),
    events: events.map(({ name }) => String(name)),
  };
}

/**
 * The statements that replace what is there, in their order; foreign keys are not checked meanwhile. Pure.
 *
 * What refers to a table by a foreign key follows it when it is renamed, whatever `foreign_key_checks` says (seen on
 * MariaDB 10.11, 11.8 and MySQL 9.7), and so would go on to refer to the old one. Once that is dropped, the key refers to
 * its name, and a table that comes to have that name, and gives it up again, takes the key along.
 */
export function replacement(
  existing: ExistingObjects,
  database: string,
  going: Selection | 'everything',
  arriving: readonly ArrivingTable[],
  made: ReadonlySet<string>,
): string[] {
  const within = (name: string): string => `${quoteName(database)}.${quoteName(name)}`;
  const all = going === 'everything';
  const code = all || going.code;
  const coming = new Map(arriving.map((table) => [table.name, table]));
  const aside = new Set(arriving.map((table) => table.aside));
  const goes = ({ name, kind }: ExistingObjects['tables'][number]): boolean => {
    if (aside.has(name) || made.has(name)) return false;
    if (all || (code && kind === 'VIEW')) return true;
    return (kind === 'SEQUENCE' && going.sequences.has(name)) || going.tables.has(name) || coming.has(name);
  };
  const gone = existing.tables.filter(goes);
  const tables = gone.filter(({ kind }) => kind === 'TABLE').map(({ name }) => name);
  const replaced = tables.flatMap((name) => coming.get(name) ?? []);
  const left = tables.filter((name) => !coming.has(name));
  const names = (of: 'VIEW' | 'SEQUENCE', where: (name: string) => boolean): string[] =>
    gone.filter(({ name, kind }) => kind === of && where(name)).map(({ name }) => name);
  const drop = (what: string, dropped: readonly string[]): string[] =>
    dropped.map((name) => `DROP ${what} IF EXISTS ${within(name)}`);
  const rename = (pairs: readonly (readonly [from: string, to: string])[]): string[] =>
    pairs.length === 0
      ? []
      : [`RENAME TABLE ${pairs.map(([from, to]) => `${within(from)} TO ${within(to)}`).join(', ')}`];
  const routines = code ? existing.routines : [];
  return [
    // An event could run between two of these, and a view needs its tables: both go first.
    ...drop('EVENT', code ? existing.events : []),
    ...drop(
      'VIEW',
      names('VIEW', () => true),
    ),
    ...drop(
      'SEQUENCE',
      names('SEQUENCE', (name) => coming.has(name)),
    ),
    ...rename(
      arriving.flatMap((table) => [
        ...(replaced.includes(table) ? [[table.name, table.former] as const] : []),
        [table.aside, table.name] as const,
      ]),
    ),
    ...existing.triggers
      .filter(({ table }) => !all && going.triggersOf.has(table) && !tables.includes(table))
      .flatMap(({ name }) => drop('TRIGGER', [name])),
    ...drop('TABLE', [...replaced.map(({ former }) => former), ...left]),
    ...rename(replaced.flatMap(({ name, former }) => [[name, former] as const, [former, name] as const])),
    // A column's default may use a sequence: the tables go before.
    ...drop(
      'SEQUENCE',
      names('SEQUENCE', (name) => !coming.has(name)),
    ),
    ...routines
      .filter(({ kind }) => !kind.startsWith('PACKAGE'))
      .flatMap(({ name, kind }) => drop(kind, [name])),
    ...inOracleMode(
      // The body of a package goes with the package.
      routines.filter(({ kind }) => kind === 'PACKAGE').flatMap(({ name }) => drop('PACKAGE', [name])),
    ),
  ];
}

/** MariaDB before 11.4 knows packages in this sql_mode only. */
function inOracleMode(statements: readonly string[]): string[] {
  if (statements.length === 0) return [];
  const enter = "SET @maj_sql_mode = @@sql_mode, sql_mode = 'ORACLE'";
  return [enter, ...statements, 'SET sql_mode = @maj_sql_mode'];
}
