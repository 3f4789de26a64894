import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inStep, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { connect, type Row, type Session } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import type { DumpClient } from '../dump/client/clients.ts';
import { startDump } from '../dump/client/dump.ts';
import type { Codec } from '../dump/codec.ts';
import { rowBytesOfParts } from '../dump/cutter.ts';
import { cutDump, type CutDump, type CutOptions } from '../dump/dump-parts.ts';
import { createObjectFinder, missingObjects } from '../dump/objects.ts';
import { dumpSum } from '../dump/part-sums.ts';
import { isRows, partFileName } from '../dump/part.ts';
import { countRowsExactly, createLengthCheck, createRowCounter } from '../dump/rows-in-dump.ts';
import { storeCompressed } from '../dump/store.ts';
import { traits } from '../sql/flavour.ts';
import { quoteName } from '../sql/quote.ts';
import { privateFolder } from '../system/files.ts';
import { sharing, type ShareUnchanged } from './files/hard-links.ts';
import { partPath, partsFolder } from './layout.ts';
import type { ManifestPart } from './manifest.ts';
import { readPart } from './part-text.ts';
import type { BackupSource } from './plan-backup.ts';

/** The database's share of a manifest. */
interface TakenDatabase {
  readonly parts: ManifestPart[];
  readonly dumpBytes: number;
  readonly dumpSha256: string;
}

/**
 * Dumps the database into the parts of a backup, compressed and flushed; what an earlier backup holds already is shared
 * with it.
 *
 * @throws MajError `dump-incomplete` without the line that ends a whole dump; `objects-missing` naming what the
 *   database has and the dump has not; `rows-missing` naming tables of which it has not the rows; `row-too-long`; what the dump program failed with
 */
export async function takeDatabase(
  context: Context,
  { clients, target, inventory, needs }: Pick<BackupSource, 'clients' | 'target' | 'inventory' | 'needs'>,
  folder: string,
  codec: Codec,
  share: ShareUnchanged,
): Promise<TakenDatabase> {
  await mkdir(join(folder, partsFolder), { mode: privateFolder });
  const finder = createObjectFinder();
  const checkLength = createLengthCheck(needs.maxPacket);
  const counter = createRowCounter(clients.flavour);
  const counts = await startRowCounts(context, target);
  try {
    const dump = await inStep(context, 'dump-database', { database: target.database }, (progress) =>
      dumpInto(context, clients, target, {
        open: (part) => {
          // It has its snapshot by then.
          if (part.kind !== 'header') counts.dumpBegan();
          const path = partPath(folder, partFileName(part) + codec.extension);
          return sharing(storeCompressed(path, codec), path, share);
        },
        observe: (chunk) => {
          finder.observe(chunk);
          checkLength(chunk);
          counter.observe(chunk);
        },
        progress,
        rowBytes: rowBytesOfParts,
      }),
    );
    const missing = missingObjects(inventory, finder.found());
    if (missing.length > 0) throw refused('objects-missing', { objects: missing });
    const parts = dump.parts.map(({ id, sum }) => ({
      name: partFileName(id) + codec.extension,
      ...id,
      ...sum,
    }));
    const exactly = (table: string): Promise<number> =>
      traits.dumpsRowsOnLines[clients.flavour]
        ? Promise.resolve(counter.counts().get(table) ?? 0)
        : countRowsExactly(rowsOf(folder, codec, parts, table));
    const tables = await counts.unexplained(counter.counts(), exactly);
    if (tables.length > 0) throw refused('rows-missing', { tables });
    return { parts, dumpBytes: dump.bytes, dumpSha256: dumpSum(parts) };
  } finally {
    counts.close();
  }
}

/** The rows of a table, as they were stored. */
async function* rowsOf(
  folder: string,
  codec: Codec,
  parts: readonly ManifestPart[],
  table: string,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from('\n');
  for (const part of parts)
    if (isRows(part) && part.object === table) yield* readPart({ folder, codec }, part);
}

/**
 * Runs the dump program and takes its output apart; both must end well.
 *
 * @throws MajError `dump-incomplete`; what the dump program failed with
 */
export async function dumpInto<T>(
  context: Context,
  clients: DumpClient,
  target: Target,
  options: CutOptions<T>,
): Promise<CutDump<T>> {
  const dump = await startDump(context, clients, target);
  try {
    const cut = await cutDump(dump.stdout as AsyncIterable<Buffer>, options);
    await dump.finished;
    if (!cut.complete) throw refused('dump-incomplete', { client: clients.dump });
    return cut;
  } catch (error) {
    dump.abort();
    await dump.finished.catch(() => undefined);
    throw error;
  }
}

/** What is known of a table's rows at the time of a dump. */
interface Counted {
  /** In a snapshot from before that of the dump; undefined where the table could not be counted. */
  readonly before: number | undefined;
  /** In one from after it. */
  readonly after: number | undefined;
  /** Whether the server says that rows of it were written between these; undefined where it does not say. */
  readonly written: boolean | undefined;
  /** So many rows were written, between these, to any table. */
  readonly writes: number;
}

/**
 * Whether a dump that has so many rows of a table lacks some, or has some too many, and no writer explains it. Who writes
 * while a dump begins is no reason to refuse it: the snapshot of the dump lies between ours. Pure.
 */
export function isUnexplained(dumped: number, { before, after, written, writes }: Counted): boolean {
  if (before === undefined || after === undefined) return false;
  const [least, most] = [Math.min(before, after), Math.max(before, after)];
  if (dumped >= least && dumped <= most) return false;
  // Rows that came and went in between.
  const beyond = dumped < least ? least - dumped : dumped - most;
  return (before === after && written === false) || beyond > writes;
}

/** Engines whose rows a dump has: those of others are elsewhere, or nowhere. */
const engines = ['InnoDB', 'MyISAM', 'Aria', 'MEMORY', 'ARCHIVE', 'CSV', 'ROCKSDB'];

/** A table whose rows are counted. */
interface CountedTable {
  readonly name: string;
  /** What a SELECT has behind FROM. */
  readonly source: string;
  /** About so many bytes of rows. */
  readonly bytes: number;
}

/** Tables that one statement counts: it holds all of them until it is done, so that large ones are counted by themselves. */
const together = { tables: 64, bytes: 8 * 1024 * 1024 } as const;

/** Tables in their order, those next to each other that are counted together. Pure. */
export function countedTogether(tables: readonly CountedTable[]): CountedTable[][] {
  const groups: CountedTable[][] = [];
  let bytes = 0;
  for (const table of tables) {
    const group = groups.at(-1);
    bytes += table.bytes;
    if (group !== undefined && group.length < together.tables && bytes <= together.bytes) {
      group.push(table);
      continue;
    }
    groups.push([table]);
    bytes = table.bytes;
  }
  return groups;
}

/**
 * Begins to count the rows of all tables, in a snapshot of its own: what cuts a dump is seen so, whatever it is. Each table
 * is counted once; those that differ, once more in a snapshot from after that of the dump.
 */
async function startRowCounts(context: Pick<Context, 'signal'>, target: Target) {
  const opened: Session[] = [];
  const close = (): void => opened.forEach((session) => session.destroy());
  context.signal.addEventListener('abort', close, { once: true });
  try {
    for (let number = 0; number < 2; number += 1) opened.push(await connect(context, target));
    const [first, second] = opened;
    if (first === undefined || second === undefined) throw new Error('no connection');
    const tables = await tablesOf(first, target.database);
    const writesBefore = await writesOf(second);
    const [clock] = await second.rows('SELECT CAST(UTC_TIMESTAMP() AS CHAR) AS now');
    await first.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const before = countAll(first, tables);
    // Whoever needs the counts waits for them; a failure of the dump comes first.
    before.catch(() => undefined);
    let after: Promise<number> | undefined;
    const dumpBegan = (): void => {
      after ??= second.run('START TRANSACTION WITH CONSISTENT SNAPSHOT').then(() => writesOf(second));
      after.catch(() => undefined);
    };
    return {
      /** To be called when the dump has its snapshot. */
      dumpBegan,
      close: () => {
        context.signal.removeEventListener('abort', close);
        close();
      },
      /** The tables of which the dump has so many rows, and should not. */
      unexplained: async (
        dumped: ReadonlyMap<string, number>,
        exactly: (table: string) => Promise<number>,
      ) => {
        const counts = await before;
        dumpBegan();
        const writes = Math.max(0, ((await after) ?? 0) - writesBefore);
        const found: { table: string; dumped: number; counted: number }[] = [];
        for (const table of tables) {
          const counted = counts.get(table.name);
          const rough = dumped.get(table.name) ?? 0;
          if (counted === undefined || counted === rough) continue;
          const rows = rough === 0 ? 0 : await exactly(table.name);
          if (counted === rows) continue;
          const again = await countOne(second, table);
          const written = await isWritten(second, target.database, table.name, String(clock?.['now']));
          const facts = { before: counted, after: again, written, writes };
          if (isUnexplained(rows, facts)) found.push({ table: table.name, dumped: rows, counted });
        }
        return found;
      },
    };
  } catch (error) {
    context.signal.removeEventListener('abort', close);
    close();
    throw error;
  }
}

async function tablesOf(session: Session, database: string): Promise<CountedTable[]> {
  const rows = await session.rows(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind, DATA_LENGTH AS bytes FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
       AND ENGINE IN (${engines.map((engine) => `'${engine}'`).join(', ')}) ORDER BY TABLE_NAME`,
    [database],
  );
  return rows.map(({ name, kind, bytes }) => ({
    name: String(name),
    bytes: Number(bytes ?? 0),
    source:
      `${quoteName(database)}.${quoteName(String(name))}` +
      // A dump has the former rows as well.
      (kind === 'SYSTEM VERSIONED' ? ' FOR SYSTEM_TIME ALL' : ''),
  }));
}

async function countAll(
  session: Session,
  tables: readonly CountedTable[],
): Promise<Map<string, number | undefined>> {
  const counts = new Map<string, number | undefined>();
  for (const group of countedTogether(tables)) {
    const found = await countGroup(session, group);
    for (const [at, table] of group.entries())
      counts.set(table.name, found === undefined ? await countOne(session, table) : found[at]);
  }
  return counts;
}

/** The rows of several tables; undefined where one of them cannot be counted. */
async function countGroup(
  session: Session,
  group: readonly CountedTable[],
): Promise<readonly number[] | undefined> {
  const each = group.map(({ source }, at) => `SELECT ${at} AS place, COUNT(*) AS n FROM ${source}`);
  const rows = await letGo(session, () => session.rows(`${each.join(' UNION ALL ')} ORDER BY place`));
  return rows?.map(({ n }) => Number(n));
}

/** Undefined for a table that was altered or dropped since the snapshot: the dump program says what there is to say. */
async function countOne(session: Session, table: CountedTable): Promise<number | undefined> {
  return (await countGroup(session, [table]))?.[0];
}

/** Asks in a transaction, and lets go of the tables: a change of their definitions would wait for us. Undefined when it fails. */
async function letGo(session: Session, ask: () => Promise<Row[]>): Promise<Row[] | undefined> {
  await session.run('SAVEPOINT counting');
  const rows = await ask().catch(() => undefined);
  await session.run('ROLLBACK TO SAVEPOINT counting');
  return rows;
}

/** Rows that the server has written and deleted since it started, in all tables and for its own lists. */
async function writesOf(session: Session): Promise<number> {
  const rows = await session.rows(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_write', 'Handler_delete')",
  );
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
}

/**
 * Whether rows of a table were written since a time. The server knows it since it last opened the table, and of a table
 * that nobody writes to, nothing; of one in partitions it need not know.
 */
async function isWritten(
  session: Session,
  database: string,
  table: string,
  since: string,
): Promise<boolean | undefined> {
  const [row] = await session.rows(
    `SELECT CREATE_OPTIONS LIKE '%partitioned%' AS parts, UPDATE_TIME IS NULL AS never, UPDATE_TIME >= ? AS since
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [since, database, table],
  );
  if (row === undefined || (Number(row['parts']) === 1 && Number(row['never']) === 1)) return undefined;
  return Number(row['since']) === 1;
}
