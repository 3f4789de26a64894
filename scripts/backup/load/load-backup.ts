import { availableParallelism } from 'node:os';
import { stopIfInterrupted, type Context, type Progress } from '../../context.ts';
import { referredTables } from '../../database/clear.ts';
import { connectionCut } from '../../database/connect-failure.ts';
import type { Definers } from '../../database/definers.ts';
import { connect, withSession, type Session } from '../../database/session.ts';
import type { Target } from '../../database/target.ts';
import { codecNamed } from '../codec.ts';
import type { Backup } from '../list.ts';
import type { ManifestPart } from '../manifest.ts';
import type { PartSource } from '../part-text.ts';
import { statementFailed } from './failure.ts';
import { isFrame } from './frame.ts';
import { mixed, runJobs, type Job, type JobList } from './jobs.ts';
import { makeTable, type RunStatement, type TableLoading } from './load-table.ts';
import { statementsOf, type PartStatement } from './part-statements.ts';
import { planLoad, type LoadPlan, type LoadSelection, type TableParts } from './plan.ts';
import { rewritten } from './rewrite.ts';
import { statisticsJob } from './statistics.ts';

/** How a backup is loaded. */
export interface LoadOptions {
  /** What of it; not given: all. */
  readonly selection?: LoadSelection;
  readonly definers?: Definers;
  /** The names of the parts of rows that are loaded; not given: those of all tables that are selected. */
  readonly rowParts?: ReadonlySet<string>;
  /** Rows by their INSERTs, and not by LOAD DATA where the server allows it. */
  readonly insertsOnly?: boolean;
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
 * statistics. The first error stops all of it. What is loaded must not be there, or be what the parts themselves replace.
 *
 * @throws MajError `statement-failed` naming part, line and object; `stored-unreadable`; `database-lost`; `interrupted`
 */
export async function loadBackup(
  context: Context,
  backup: Backup,
  target: Target,
  progress: Progress,
  options: LoadOptions = {},
): Promise<Loaded> {
  const source = {
    folder: backup.folder,
    codec: await codecNamed(context, backup.manifest.codec),
    flavour: backup.manifest.database.server.flavour,
  };
  const plan = planLoad(backup.manifest.parts, options.selection, options.rowParts);
  const rewriting = {
    from: backup.manifest.database.name,
    into: target.database,
    definers: options.definers ?? 'keep',
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
  const referredTo = await referredFromOutside(context, target, options.selection);
  const sessions = await openSessions(context, target, source, plan, run);
  const stop = (): void => sessions.forEach((session) => session.destroy());
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    const loaded = await loadAll(sessions, source, plan, run, stop, progress, referredTo, options);
    await Promise.all(sessions.map((session) => session.close()));
    return loaded;
  } catch (error) {
    stop();
    throw connectionCut(target, error);
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}

/** Tables that others, which stay as they are, refer to: they must never be without their keys. */
async function referredFromOutside(
  context: Context,
  target: Target,
  selection: LoadSelection | undefined,
): Promise<ReadonlySet<string>> {
  if (selection === undefined) return new Set();
  return withSession(context, target, (session) =>
    referredTables(session, target.database, selection.tables),
  );
}

/** Opens the connections and gives each the settings of the dump's header. */
async function openSessions(
  context: Context,
  target: Target,
  source: PartSource,
  plan: LoadPlan,
  run: RunStatement,
): Promise<Session[]> {
  const header = await statementsOf(source, plan.header);
  const opened = await Promise.allSettled(
    Array.from({ length: connections }, () => connect(context, target, { bytes: true })),
  );
  const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    for (const session of sessions) {
      for (const statement of header) await run(session, plan.header, statement);
      await speedUp(session);
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
  progress: Progress,
  referredTo: ReadonlySet<string>,
  options: LoadOptions,
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
  const fastTables = new Set<string>();
  const foreignKeys: (readonly [ManifestPart, PartStatement])[] = [];
  const loading: TableLoading = {
    source,
    run,
    mayDeferKeys: (table) => !referredTo.has(table.name),
    foreignKeys: (part, statement) => foreignKeys.push([part, statement]),
    fast: options.insertsOnly !== true && (await allowsLocalLoad(first)),
    loadedFast: (table) => fastTables.add(table),
    loaded,
  };
  await runParts(plan.sequences);
  // One after the other: MySQL locks the definitions of all tables that a foreign key joins to the one that is made, and
  // two that are made at once where others refer to both stop each other (error 1213).
  const rowJobs: JobList<Job<Session>>[] = [];
  for (const table of plan.tables) rowJobs.push(await makeTable(first, table, loading));
  await runJobs(sessions, mixed(rowJobs, sessions.length), stop);
  for (const [part, statement] of foreignKeys) await run(first, part, statement);
  await runParts([...plan.tables.flatMap(triggersOf), ...plan.triggers, ...plan.code]);
  await first.run('COMMIT');
  const statistics = plan.tables.map(({ name }) => statisticsJob(name));
  await runJobs(sessions, statistics, stop);
  return { fastTables };
}

/** MariaDB allows it unless told otherwise, MySQL only when told so. */
async function allowsLocalLoad(session: Session): Promise<boolean> {
  const [row] = await session.rows('SELECT @@GLOBAL.local_infile AS allowed');
  return Number(row?.['allowed']) === 1;
}

const triggersOf = ({ after }: TableParts): readonly ManifestPart[] => (after === null ? [] : [after]);

/**
 * One transaction for many statements, and on MySQL (8.0.27 and later) more memory to sort indexes in than 1 MB. MariaDB
 * fills an empty table by a bulk insert where a dump's header has switched the checks off (MDEV-515), which locks the
 * table, and which with LOAD DATA is slower than without (10.11, 450 MB: 11.2 s against 6.8 s).
 */
async function speedUp(session: Session): Promise<void> {
  await session.run('SET SESSION autocommit = 0');
  if (session.server.flavour === 'mariadb') await session.run('SET SESSION unique_checks = 1');
  if (session.server.flavour === 'mysql')
    await session.run('SET SESSION innodb_ddl_buffer_size = 67108864').catch(() => undefined);
}
