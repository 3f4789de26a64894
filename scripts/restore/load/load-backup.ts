import { availableParallelism } from 'node:os';
import type { Backup } from '../../backup/list.ts';
import type { ManifestPart } from '../../backup/manifest.ts';
import { partSource, type PartSource } from '../../backup/part-text.ts';
import {
  endedBySignal,
  inStep,
  stopIfInterrupted,
  type Context,
  type TellProgress,
} from '../../core/context.ts';
import { reasonOf, refused, MajError } from '../../core/errors.ts';
import type { Definers } from '../../database/definition-texts.ts';
import { readInventory } from '../../database/inventory.ts';
import { clientSettings } from '../../database/session/client-settings.ts';
import { connect, sqlErrorOf, withSession, type Session } from '../../database/session/session.ts';
import { connectionCut } from '../../database/session/sql-error.ts';
import type { Target } from '../../database/session/target.ts';
import { quoteName, quoteText } from '../../sql/quote.ts';
import { ownZone } from '../../sql/table-definition.ts';
import { interleave, runJobs, type Job, type JobList } from './interleave-jobs.ts';
import { makeTable, type RunStatement, type TableLoading } from './load-table.ts';
import { placeTables, prepareForLoading } from './loading-session.ts';
import { isFrame, lineAt, statementsOf, type PartStatement } from './part-statements.ts';
import { planLoad, type LoadPlan, type Selection, type TableParts } from './plan.ts';
import { asBytes, rewritten } from './rewrite-statements.ts';
import { namesAside } from './shadow-tables.ts';
import { replaceObjects, type ArrivingTable } from './swap-tables.ts';

/** How a backup is loaded. */
export interface LoadOptions {
  /** What of it; not given: all. */
  readonly selection?: Selection;
  readonly definers?: Definers;
  /**
   * Into a throwaway server: the files of tables stay in its own folder, whatever DATA DIRECTORY says, and small tables share
   * one.
   */
  readonly isCopy?: boolean;
  /** The names of the parts of rows that are loaded; not given: those of all tables that are selected. */
  readonly rowParts?: ReadonlySet<string>;
  /** Rows by their INSERTs, and not by LOAD DATA where the server allows it. */
  readonly insertsOnly?: boolean;
  /** What is there is replaced; not given: the database is empty. */
  readonly replacing?: Replacing;
}

/** How what is there gives way to what is loaded. */
interface Replacing {
  /** What is dropped, beside the tables that are loaded: once these are whole. */
  readonly going: Selection | 'everything';
  /** Called when everything is ready, before the first thing of what is there changes. */
  readonly begin?: () => Promise<void>;
}

/** What was loaded how. */
export interface Loaded {
  /** The tables whose rows went in by LOAD DATA: where one of them differs, its INSERTs are the remedy. */
  readonly fastTables: ReadonlySet<string>;
}

/** Beyond this the connections wait for each other; fewer leave the server idle while a statement travels. */
const connections = Math.min(4, Math.max(2, availableParallelism()));

/**
 * Loads a backup, or some of it, over several connections: tables without secondary indexes and foreign keys, their
 * rows in parallel, then the indexes, the foreign keys, triggers, events, routines and views, and the optimizer's
 * statistics. The first error stops all of it.
 *
 * What replaces something is filled under other names, and comes to its own in one RENAME TABLE when all rows and indexes
 * are in: an error until then leaves what was there.
 *
 * @throws MajError `statement-failed` naming part, line and object; `stored-unreadable`; `database-lost`; `interrupted`
 */
export async function loadBackup(
  context: Context,
  backup: Backup,
  target: Target,
  progress: TellProgress,
  options: LoadOptions = {},
): Promise<Loaded> {
  const source = await partSource(context, backup);
  const plan = planLoad(backup.manifest.parts, options.selection, options.rowParts);
  const rewriting = {
    from: backup.manifest.database.name,
    into: target.database,
    definers: options.definers ?? 'keep',
    ownDirectory: options.isCopy ?? false,
  };
  const run: RunStatement = async (session, part, statement, content) => {
    stopIfInterrupted(context);
    try {
      if (content !== undefined) await session.load(statement.text, content);
      else await session.run(statement.isInsert ? statement.text : rewritten(statement.text, rewriting));
    } catch (error) {
      stopIfInterrupted(context);
      throw await statementFailed(error, source, part, statement);
    }
  };
  const arriving = options.replacing === undefined ? [] : await arrivingTables(context, target, plan);
  const sessions = await openSessions(context, target, source, plan);
  const stop = (): void => sessions.forEach((session) => session.destroy());
  const state = { replaced: false };
  const replace = async (made: ReadonlySet<string>): Promise<void> => {
    const { replacing } = options;
    if (replacing === undefined) return;
    // What the connections hold on to after a statement would be waited for.
    for (const session of sessions) await session.run('COMMIT');
    state.replaced = true;
    await replacing.begin?.();
    const facts = { database: target.database };
    await inStep(context, 'put-in-place', facts, () =>
      withSession(context, target, (session) =>
        replaceObjects(session, target.database, replacing.going, arriving, made),
      ),
    );
    // A session takes the charset of its database when it enters it, and what is made from here on keeps that. One that
    // is in it already does not enter it (MariaDB 10.11).
    const enter = `USE ${asBytes(quoteName(target.database))}`;
    for (const session of sessions)
      for (const text of ['USE information_schema', enter]) await session.run(text);
  };
  try {
    return await endedBySignal(context, stop, async () => {
      const all = { ...options, arriving, replace };
      const loaded = await loadAll(sessions, source, plan, run, stop, progress, all);
      await Promise.all(sessions.map((session) => session.close()));
      return loaded;
    });
  } catch (error) {
    stop();
    // Nothing to rely on: what stays is found by the next restore.
    if (!state.replaced) await dropAside(context, target, arriving).catch(() => undefined);
    throw connectionCut(target, error);
  }
}

async function arrivingTables(context: Context, target: Target, plan: LoadPlan): Promise<ArrivingTable[]> {
  const { tables } = await withSession(context, target, (session) => readInventory(session, target.database));
  return namesAside(
    plan.tables.map(({ name }) => name),
    tables.map(({ name }) => name),
  );
}

async function dropAside(
  context: Context,
  target: Target,
  arriving: readonly ArrivingTable[],
): Promise<void> {
  if (arriving.length === 0) return;
  const names = arriving.map(({ aside }) => quoteName(aside)).join(', ');
  await withSession(context, target, (session) => session.run(`DROP TABLE IF EXISTS ${names}`), {
    lockWaitSeconds: secondsToDrop,
  });
}

/** A statement that was cut off may still be at work on one of them. */
const secondsToDrop = 20;

/** Opens the connections and gives each the settings of the dump's header. */
async function openSessions(
  context: Context,
  target: Target,
  source: PartSource,
  plan: LoadPlan,
): Promise<Session[]> {
  const header = await statementsOf(source, plan.header);
  const zone = (await clientSettings(context, target, ['time_zone'])).get('time_zone') ?? 'SYSTEM';
  const opened = await Promise.allSettled(
    Array.from({ length: connections }, () => connect(context, target, { bytes: true })),
  );
  const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    for (const session of sessions) {
      await prepareForLoading(session, header);
      await session.run(`SET ${ownZone} = ${quoteText(zone)}`);
    }
    return sessions;
  } catch (error) {
    sessions.forEach((session) => session.destroy());
    throw error;
  }
}

async function loadAll(
  sessions: readonly Session[],
  source: PartSource,
  plan: LoadPlan,
  run: RunStatement,
  stop: () => void,
  progress: TellProgress,
  options: LoadOptions & {
    readonly arriving: readonly ArrivingTable[];
    /** Puts the tables in their place; what is new already stays. */
    readonly replace: (made: ReadonlySet<string>) => Promise<void>;
  },
): Promise<Loaded> {
  const [first] = sessions;
  if (first === undefined) throw new Error('no connection');
  let done = 0;
  const loaded = (bytes: number): void => progress((done += bytes), plan.bytes);
  const runParts = async (parts: readonly ManifestPart[]): Promise<void> => {
    for (const part of parts) {
      for (const statement of await statementsOf(source, part))
        if (!isFrame(statement.text, true)) await run(first, part, statement);
      loaded(part.bytes);
    }
  };
  const filled = new Set<string>();
  const fastTables = new Set<string>();
  const constraints: (readonly [ManifestPart, PartStatement])[] = [];
  const aside = new Map(options.arriving.map((table) => [table.name, table.aside]));
  const loading: TableLoading = {
    source,
    run,
    nameOf: (table) => aside.get(table) ?? table,
    constraints: (part, statement) => constraints.push([part, statement]),
    place: placeTables(options.isCopy === true),
    fast: options.insertsOnly !== true && (await allowsLocalLoad(first)),
    hasRows: (table, fast) => {
      filled.add(table);
      if (fast) fastTables.add(table);
    },
    loaded,
  };
  // One that is there serves as the default of a column until it is replaced; where a table or view has its name, that goes
  // first.
  const isThere = options.replacing === undefined ? new Set<string>() : await namesIn(first);
  const isLater = ({ object }: ManifestPart): boolean => isThere.has(object ?? '');
  const made = plan.sequences.filter((part) => !isLater(part));
  await runParts(made);
  // One after the other: MySQL locks the definitions of all tables that a foreign key joins to the one that is made, and
  // two that are made at once where others refer to both stop each other (error 1213).
  const rowJobs: JobList<Job<Session>>[] = [];
  for (const table of plan.tables) rowJobs.push(await makeTable(first, table, loading));
  await loading.place(first, true);
  await runJobs(sessions, interleave(rowJobs, sessions.length), stop);
  await options.replace(new Set(made.map(({ object }) => object ?? '')));
  // Also those that were made: in a database that has its charset only now.
  if (options.replacing !== undefined) await runParts(plan.sequences);
  for (const [part, statement] of constraints) await run(first, part, statement);
  await runParts([...plan.tables.flatMap(triggersOf), ...plan.triggers, ...plan.code]);
  await first.run('COMMIT');
  await runJobs(sessions, statisticsJobs([...filled]), stop);
  return { fastTables };
}

async function namesIn(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.rows(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  return new Set(rows.map(({ name }) => String(name)));
}

/** MariaDB allows it unless told otherwise, MySQL only when told so. */
async function allowsLocalLoad(session: Session): Promise<boolean> {
  const [row] = await session.rows('SELECT @@GLOBAL.local_infile AS allowed');
  return Number(row?.['allowed']) === 1;
}

const triggersOf = ({ after }: TableParts): readonly ManifestPart[] => (after === null ? [] : [after]);

/** The error of a statement that the server did not take: which part, which line of it, of what, and why. */
async function statementFailed(
  error: unknown,
  source: PartSource,
  part: ManifestPart,
  statement: PartStatement,
): Promise<unknown> {
  if (error instanceof MajError) return error;
  const line = statement.line ?? (await lineAt(source, part, statement.offset));
  const reason = sqlErrorOf(error)?.message ?? reasonOf(error);
  const facts = { part: part.name, line, object: part.object, reason };
  return refused('statement-failed', facts, { cause: error });
}

/** Tables that one statement counts: enough that what is sent costs nothing, few enough that all connections have work. */
const together = 32;

/**
 * The jobs of counting tables' rows for the optimizer. InnoDB does so by itself ten seconds or more after a tenth of
 * the rows changed (MySQL manual, "Configuring Persistent Optimizer Statistics Parameters"); until then tables
 * that were loaded pass for empty. Measured with the example application: a page of 0.6 s took 9.9 s.
 * `NO_WRITE_TO_BINLOG`: a replica counts for itself.
 *
 * @param tables those that have rows: the others pass for what they are
 */
function statisticsJobs(tables: readonly string[]): Job<Session>[] {
  const jobs: Job<Session>[] = [];
  for (let from = 0; from < tables.length; from += together) {
    const names = tables.slice(from, from + together).map((table) => asBytes(quoteName(table)));
    jobs.push(async (session) => {
      await session.rows(`ANALYZE NO_WRITE_TO_BINLOG TABLE ${names.join(', ')}`);
      return [];
    });
  }
  return jobs;
}
