import { checkCopySpace } from '../backup/copy-space.ts';
import type { Backup } from '../backup/list.ts';
import { loadBackup } from '../backup/load/load-backup.ts';
import { changedTables } from '../backup/proof-plan.ts';
import { proveBackup } from '../backup/prove.ts';
import { inStep, type Context } from '../context.ts';
import { likenessFor } from '../database/name-case.ts';
import { findServerPrograms } from '../database/programs.ts';
import { quoteName } from '../database/quote.ts';
import { withSession, type Row, type Session } from '../database/session.ts';
import { makeCopyDatabase, withThrowaway, type Throwaway } from '../database/throwaway.ts';
import { MajError } from '../errors.ts';
import { ledgerTable } from '../migrations/ledger.ts';
import { filledColumns, type FilledColumn } from './filled-columns.ts';
import { countingSql, type Sides, type TwoTables } from './lost-rows-sql.ts';

/** What of a table an older backup does not have as it is now. */
export interface LostRows {
  readonly table: string;
  /** How many rows there are now, and in the backup. */
  readonly now: number;
  readonly before: number;
  /** Rows by what became of them since; null where no primary key tells which is which. */
  readonly since: {
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
  } | null;
  /** Columns that the backup's table does not have, and in how many rows something stands in them. */
  readonly filled: readonly FilledColumn[];
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
  const count = async (database: string): Promise<number> => {
    if ((await columnsOf(session, database, table)).length === 0) return 0;
    const [row] = await session.rows(
      `SELECT COUNT(*) AS found FROM ${quoteName(database)}.${quoteName(table)}`,
    );
    return Number(row?.['found']);
  };
  const counts = { table, now: await count(sides.now), before: await count(sides.before) };
  return {
    ...counts,
    since: await sinceThen(session, await bothOf(session, table, sides), sides, counts),
    filled: counts.now === 0 || counts.before === 0 ? [] : await filledIn(session, table, sides),
  };
}

const filledIn = async (
  session: Session,
  table: string,
  { before, now }: Sides,
): Promise<LostRows['filled']> =>
  filledColumns(session, `${quoteName(now)}.${quoteName(table)}`, {
    older: await columnsOf(session, before, table),
    newer: await columnsOf(session, now, table),
  });

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
async function bothOf(session: Session, table: string, { before, now }: Sides): Promise<TwoTables> {
  const older = await columnsOf(session, before, table);
  const newer = await columnsOf(session, now, table);
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
