import type { Backup } from '../../backup/list.ts';
import { inStep, type Context } from '../../core/context.ts';
import { MajError } from '../../core/errors.ts';
import { withSession, type Row, type Session } from '../../database/session/session.ts';
import { ledgerTable } from '../../migrations/ledger/ledger.ts';
import { checkCopySpace } from '../../restore/copy-space.ts';
import { loadBackup } from '../../restore/load/load-backup.ts';
import { changedTables } from '../../restore/proof-plan.ts';
import { proveBackup } from '../../restore/prove.ts';
import { findServerPrograms } from '../../server/programs.ts';
import { likenessFor } from '../../server/server-options.ts';
import { makeCopyDatabase, withThrowaway, type Throwaway } from '../../server/throwaway.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import { quoteName } from '../../sql/quote.ts';

/** What of a table an older backup does not have as it is now. */
export interface LostRows {
  readonly table: string;
  /** How many rows there are now, and in the backup. */
  readonly now: number;
  readonly before: number;
  /** Rows by what became of them since; null where no primary key tells which is which. */
  readonly since: { readonly added: number; readonly changed: number; readonly removed: number } | null;
  /** Columns that the backup's table does not have, and in how many rows something stands in them. */
  readonly filled: readonly { readonly column: string; readonly rows: number }[];
}

/**
 * Counts, on a throwaway server, what going back to an older backup would lose: by primary key where a table has the same
 * one in both. Proves the newer backup on the way.
 *
 * @param present a backup of the live database, as it is now
 * @returns the tables in which anything differs, and `present` with its proof
 */
export async function countLostRows(
  context: Context,
  older: Backup,
  present: Backup,
): Promise<{ readonly lost: readonly LostRows[]; readonly proven: Backup }> {
  const { server } = present.manifest.database;
  const programs = await findServerPrograms(context, context.config.REHEARSAL_SERVER, server.flavour);
  await checkCopySpace(context);
  const work = async (throwaway: Throwaway): Promise<{ lost: readonly LostRows[]; proven: Backup }> => {
    const proof = await proveBackup(context, present, throwaway);
    const tables = changedTables(present.manifest.parts, older.manifest.parts).filter(
      (name) => name !== ledgerTable,
    );
    const lost = await inStep(context, 'count-lost-rows', { backup: older.id }, () =>
      countOn(context, throwaway, older, { database: present.manifest.database.name, tables }),
    );
    return { lost, proven: { ...present, proof } };
  };
  return withThrowaway(context, programs, work, likenessFor(present.manifest.database));
}

async function countOn(
  context: Context,
  throwaway: Throwaway,
  older: Backup,
  { database, tables }: { readonly database: string; readonly tables: readonly string[] },
): Promise<LostRows[]> {
  const before = database === 'maj_before' ? 'maj_older' : 'maj_before';
  const { charset, collation, definers } = older.manifest.database;
  const target = throwaway.target(before);
  await makeCopyDatabase(context, throwaway, { database: before, charset, collation, definers });
  const none = new Set<string>();
  const selection = { tables: new Set(tables), sequences: none, triggersOf: none, code: false };
  await loadBackup(context, older, target, () => undefined, {
    selection,
    insertsOnly: true,
    isCopy: true,
  });
  return withSession(context, target, async (session) => {
    const found: LostRows[] = [];
    for (const table of tables) {
      const lost = await countTable(session, table, { before, now: database });
      const { added, changed, removed } = lost.since ?? { added: 1, changed: 0, removed: 0 };
      if (added + changed + removed + lost.filled.length > 0) found.push(lost);
    }
    return found;
  });
}

async function countTable(session: Session, table: string, sides: Sides): Promise<LostRows> {
  const place = (database: string): string => `${quoteName(database)}.${quoteName(table)}`;
  const older = await columnsOf(session, sides.before, table);
  const newer = await columnsOf(session, sides.now, table);
  const count = async (database: string, columns: readonly Row[]): Promise<number> => {
    if (columns.length === 0) return 0;
    const [row] = await session.rows(`SELECT COUNT(*) AS found FROM ${place(database)}`);
    return Number(row?.['found']);
  };
  const counts = { table, now: await count(sides.now, newer), before: await count(sides.before, older) };
  const isEmpty = counts.now === 0 || counts.before === 0;
  return {
    ...counts,
    since: await sinceThen(session, bothOf(table, older, newer), sides, counts),
    filled: isEmpty ? [] : await filledColumns(session, place(sides.now), { older, newer }),
  };
}

async function sinceThen(
  session: Session,
  tables: TwoTables,
  sides: Sides,
  { now, before }: { readonly now: number; readonly before: number },
): Promise<LostRows['since']> {
  if (now === 0 || before === 0) return { added: now, changed: 0, removed: before };
  if (tables.key.length === 0) return null;
  try {
    const [row] = await session.rows(countingSql(tables, sides));
    const number = (name: string): number => Number(row?.[name]);
    return { added: number('added'), changed: number('changed'), removed: number('removed') };
  } catch (error) {
    // Types that cannot be compared with each other: then the numbers of rows have to do.
    if (error instanceof MajError) return null;
    throw error;
  }
}

/** The columns and the key that a table has on both sides. */
function bothOf(table: string, older: readonly Row[], newer: readonly Row[]): TwoTables {
  const names = (columns: readonly Row[]): string[] => columns.map(({ name }) => String(name));
  const keyOf = (columns: readonly Row[]): string[] =>
    names(columns.filter(({ indexed }) => indexed === 'PRI')).sort();
  const key = keyOf(newer);
  return {
    table,
    columns: names(newer).filter((name) => names(older).includes(name)),
    key: key.join('\n') === keyOf(older).join('\n') ? key : [],
  };
}

const columnsOf = (session: Session, database: string, table: string): Promise<Row[]> =>
  session.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_KEY AS indexed, DATA_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS standard, EXTRA AS extra
     FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [database, table],
  );

/**
 * Counts what was put into columns that only the newer of two tables has: of rows that both have, nothing else tells it.
 *
 * @param table the newer table, quoted, with its database
 * @param columns as information_schema.COLUMNS tells of them: name, type, nullable, standard, extra
 */
async function filledColumns(
  session: Session,
  table: string,
  columns: { readonly older: readonly Row[]; readonly newer: readonly Row[] },
): Promise<LostRows['filled']> {
  const older = new Set(columns.older.map(({ name }) => String(name)));
  const added = columns.newer.map(newColumn).filter((column) => !older.has(column.name));
  const told = added.flatMap((column) => {
    const condition = isFilled(column, session.server.flavour);
    return condition === undefined ? [] : [{ column: column.name, condition }];
  });
  if (told.length === 0) return [];
  const counts = told.map(({ condition }, index) => `COALESCE(SUM(${condition}), 0) AS filled_${index}`);
  try {
    const [row] = await session.rows(`SELECT ${counts.join(', ')} FROM ${table}`);
    return told
      .map(({ column }, index) => ({ column, rows: Number(row?.[`filled_${index}`]) }))
      .filter(({ rows }) => rows > 0);
  } catch (error) {
    // A type that cannot be asked so must not stand in the way back.
    if (error instanceof MajError) return [];
    throw error;
  }
}

/** A column that is new in a table. */
export interface NewColumn {
  readonly name: string;
  readonly isNullable: boolean;
  /** The type without its length, such as `varchar`. */
  readonly type: string;
  /** Its default as text; null where it has none, or NULL. */
  readonly default: string | null;
  /** Says of a default that it is computed, and of generated columns and counters what they are. */
  readonly extra: string;
}

function newColumn({ name, nullable, type, standard, extra }: Row): NewColumn {
  // MariaDB says of a column without a default that it is NULL.
  const text = typeof standard === 'string' && standard !== 'NULL' ? standard : null;
  return {
    name: String(name),
    isNullable: nullable === 'YES',
    type: String(type),
    default: text,
    extra: String(extra),
  };
}

/**
 * The condition that something was put into a column; undefined where it cannot be told: generated columns and counters,
 * and those that were filled by a computed default. Pure.
 */
export function isFilled(column: NewColumn, flavour: Flavour): string | undefined {
  const name = quoteName(column.name);
  if (/auto_increment|virtual|stored|persistent|invisible system/i.test(column.extra)) return undefined;
  if (column.default === null)
    return column.isNullable ? `${name} IS NOT NULL` : isNotEmpty(name, column.type);
  const isConstant = traits.defaultsAreSql[flavour]
    ? /^(?:'|-?\d)/.test(column.default)
    : !/default_generated/i.test(column.extra);
  return isConstant ? `NOT (${name} <=> DEFAULT(${name}))` : undefined;
}

/** An ALTER TABLE fills a NOT NULL column that has no default with the empty value of its type. */
function isNotEmpty(name: string, type: string): string | undefined {
  if (/^(?:(?:tiny|small|medium|big)?int|decimal|float|double|year)$/i.test(type)) return `${name} <> 0`;
  if (/^(?:char|varchar|(?:tiny|medium|long)?text)$/i.test(type)) return `${name} <> ''`;
  if (/^(?:date|datetime|timestamp|time)$/i.test(type)) return `CAST(${name} AS CHAR) REGEXP '[1-9]'`;
  // The first of its members.
  return /^enum$/i.test(type) ? `${name} + 0 <> 1` : undefined;
}

/** A table as it is in both of two databases. */
interface TwoTables {
  readonly table: string;
  /** Columns that both have, in the order of the newer one. */
  readonly columns: readonly string[];
  /** The primary key, where both have the same one; empty otherwise. */
  readonly key: readonly string[];
}

/** The two databases: of the backup, and of now. */
interface Sides {
  readonly before: string;
  readonly now: string;
}

/**
 * One statement that counts the rows that were added, removed and changed, as `added`, `removed` and `changed`. Values
 * are compared as bytes: a collation would take `É` for `e`, and two columns of other charsets cannot be compared at
 * all. Pure.
 */
function countingSql({ table, columns, key }: TwoTables, { before, now }: Sides): string {
  const place = (database: string): string => `${quoteName(database)}.${quoteName(table)}`;
  const same = (column: string): string =>
    `CAST(n.${quoteName(column)} AS BINARY) <=> CAST(b.${quoteName(column)} AS BINARY)`;
  const joined = key.map((column) => `n.${quoteName(column)} = b.${quoteName(column)}`).join(' AND ');
  const [first = ''] = key;
  const others = columns.filter((column) => !key.includes(column));
  const differs = others.length === 0 ? 'FALSE' : `NOT (${others.map(same).join(' AND ')})`;
  const missing = (side: 'n' | 'b'): string => `${side}.${quoteName(first)} IS NULL`;
  return `SELECT
    (SELECT COUNT(*) FROM ${place(now)} n LEFT JOIN ${place(before)} b ON ${joined} WHERE ${missing('b')}) AS added,
    (SELECT COUNT(*) FROM ${place(before)} b LEFT JOIN ${place(now)} n ON ${joined} WHERE ${missing('n')}) AS removed,
    (SELECT COUNT(*) FROM ${place(now)} n JOIN ${place(before)} b ON ${joined} WHERE ${differs}) AS changed`;
}
