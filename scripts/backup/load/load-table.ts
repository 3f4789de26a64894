import type { Session } from '../../database/session.ts';
import type { PartSource } from '../part-text.ts';
import { aboutTable, tableAside } from './aside.ts';
import { deferTable, hasPrimaryKey, isVersioned } from './definition.ts';
import { withoutFrame } from './frame.ts';
import type { Job, JobList } from './jobs.ts';
import { loadRows } from './load-rows.ts';
import { statementsOf, type PartStatement } from './part-statements.ts';
import { mayShareFile, type PlaceTables } from './table-files.ts';
import type { TableParts } from './plan.ts';
import type { ManifestPart } from '../manifest.ts';

/** Runs a statement of a part; a failure names the part, the line and the object. */
export type RunStatement = (
  session: Session,
  part: ManifestPart,
  statement: PartStatement,
  /** What a LOAD DATA reads. */
  content?: AsyncIterable<Buffer>,
) => Promise<void>;

/** What loading one table needs, and what it leaves for later. */
export interface TableLoading {
  readonly source: PartSource;
  readonly run: RunStatement;
  /** The name under which a table is filled: its own, or one beside it where the table is there. */
  readonly nameOf: (table: string) => string;
  /** Takes the foreign keys and what else has to wait until every table has its keys and its own name. */
  readonly constraints: (part: ManifestPart, statement: PartStatement) => void;
  readonly place: PlaceTables;
  /** Whether rows may be loaded by LOAD DATA. */
  readonly fast: boolean;
  /** Told of each table that has got rows, and whether by LOAD DATA. */
  readonly hasRows: (table: string, fast: boolean) => void;
  /** Told how many plain bytes have been loaded. */
  readonly loaded: (bytes: number) => void;
}

/** A table with fewer bytes of rows than this is loaded with its indexes: adding them later costs more than it saves. */
const worthDeferring = 4 * 1024 * 1024;

/**
 * What adding an index costs, as a share of loading the rows (measured on MariaDB 10.11: 0.14 and 0.17 with rows of 170
 * bytes; long rows cost less).
 */
const costOfIndex = 0.15;

/**
 * Makes one table. From the last of the jobs that it returns follows the job of adding the table's indexes. Rows of a
 * table without a primary key stay in the order of the dump, which is the only order that they have; the same holds for
 * other engines than InnoDB.
 *
 * @returns the jobs of loading its rows
 */
export async function makeTable(
  session: Session,
  table: TableParts,
  loading: TableLoading,
): Promise<JobList<Job<Session>>> {
  const { source, run } = loading;
  const filled = loading.nameOf(table.name);
  const isAside = filled !== table.name;
  const isLarge = table.rowBytes >= worthDeferring;
  const keys: PartStatement[] = [];
  let keyCount = 0;
  let parallel = false;
  /** The definition of a table whose rows may be loaded faster than by its INSERTs. */
  let definition: string | undefined;
  for (const statement of withoutFrame(await statementsOf(source, table.structure))) {
    const other = (text: string): PartStatement => ({ ...statement, text });
    const isCreate = statement.text.startsWith('CREATE TABLE ');
    const deferred = isCreate ? deferTable(statement.text, isLarge) : undefined;
    const text = deferred?.create ?? statement.text;
    const made =
      isCreate && isAside
        ? tableAside(text, table.name, filled, session.server.flavour)
        : { create: aboutTable(text, table.name, filled), afterwards: [] };
    if (isCreate) await loading.place(session, isLarge || !mayShareFile(text));
    await run(session, table.structure, other(made.create));
    if (deferred === undefined) continue;
    keys.push(...deferred.keys.map((key) => other(aboutTable(key, table.name, filled))));
    keyCount += deferred.keyCount;
    for (const late of [...made.afterwards, ...(deferred.foreignKeys === null ? [] : [deferred.foreignKeys])])
      loading.constraints(table.structure, other(late));
    if (isVersioned(statement.text)) continue;
    parallel = hasPrimaryKey(statement.text);
    definition = statement.text;
  }
  loading.loaded(table.structure.bytes);
  const pieces = parallel ? table.rows.map((part) => [part]) : [table.rows];
  let left = pieces.length;
  const jobOf =
    (parts: readonly ManifestPart[]): Job<Session> =>
    async (worker) => {
      for (const part of parts) await loadRows(worker, table.name, part, definition, loading);
      left -= 1;
      return left > 0 || keys.length === 0 ? [] : [keysJob(table, keys, loading)];
    };
  return {
    jobs: pieces.map((parts) => ({ job: jobOf(parts), cost: sum(parts.map(({ bytes }) => bytes)) })),
    costAfter: table.rowBytes * keyCount * costOfIndex,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

const keysJob =
  (table: TableParts, keys: readonly PartStatement[], { run }: TableLoading): Job<Session> =>
  async (session) => {
    for (const statement of keys) await run(session, table.structure, statement);
    return [];
  };
