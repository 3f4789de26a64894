import type { ManifestPart } from '../../backup/manifest.ts';
import type { PartSource } from '../../backup/part-text.ts';
import type { Session } from '../../database/session/session.ts';
import type { StatementBytes } from '../../dump/row-statements.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import {
  deferTable,
  definedColumns,
  hasPrimaryKey,
  isVersioned,
  type DefinedColumn,
} from '../../sql/table-definition.ts';
import type { Job, JobList } from './interleave-jobs.ts';
import { mayShareFile, type PlaceTables } from './loading-session.ts';
import {
  insertStatement,
  isFrame,
  otherStatements,
  rowPiecesOf,
  statementsOf,
  withoutFrame,
  type PartStatement,
} from './part-statements.ts';
import type { TableParts } from './plan.ts';
import { aboutTable, shadowTable } from './shadow-tables.ts';

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
        ? shadowTable(text, table.name, filled, session.server.flavour)
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

/**
 * How the rows of one table can be given to LOAD DATA. The server reads the values of an INSERT several times faster
 * as such: it need not take them for a program. They are of a form that LOAD DATA understands as it stands: texts in
 * quotes with the same escapes, `NULL`, numbers, and `),(` between rows; only bytes, dumped as `0x…`, are converted.
 */
interface FastRows {
  /** The LOAD DATA statement; its characters may stand for bytes, like those of the INSERT that it is made of. */
  readonly statement: string;
  /** So many bytes of an INSERT come before its first value, */
  readonly before: number;
  /** and so many after its last: what stands there. */
  readonly after: string;
  /** What separates rows, in the statement and between statements. */
  readonly separator: string;
}

/** Types whose values are written as LOAD DATA reads them. */
const plainTypes =
  /^(?:tinyint|smallint|mediumint|int|bigint|decimal|float|double|year|date|datetime|timestamp|time|char|varchar|tinytext|text|mediumtext|longtext|enum|set|json|uuid|inet4|inet6)\b/i;
/** Types of bytes, which `--hex-blob` writes as hexadecimal numbers. */
const byteTypes =
  /^(?:binary|varbinary|tinyblob|blob|mediumblob|longblob|bit|vector|geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)\b/i;

const quotedName = '`(?:[^`]|``)*`';
const insertHead = new RegExp(
  `^INSERT INTO (${quotedName})(?: \\((${quotedName}(?:, ?${quotedName})*)\\))? VALUES\\s\\(`,
);

/**
 * Reads off a table's definition and one of its INSERTs how its rows can be loaded.
 *
 * @param flavour whose dump program wrote it
 * @param create the CREATE TABLE, as the server prints it
 * @param insert the beginning of an INSERT, of some thousand characters
 * @returns undefined where this form is not certain to mean the same: a type that is not known here, an INSERT of
 *   another shape
 */
export function planFastRows(flavour: Flavour, create: string, insert: string): FastRows | undefined {
  const columns = definedColumns(create);
  const head = insertHead.exec(insert);
  if (columns === undefined || head === null) return undefined;
  const [start, table = '', names] = head;
  const listed = names === undefined ? columns : listedColumns(names, columns);
  if (listed === undefined || (names === undefined && !namesAll(flavour, columns))) return undefined;
  if (!listed.every(({ definition }) => plainTypes.test(definition) || byteTypes.test(definition)))
    return undefined;
  const fields = listed.map(({ name, definition, isGenerated }, index) => {
    const variable = `@maj_${index}`;
    if (isGenerated) return { field: variable, set: null };
    return byteTypes.test(definition)
      ? { field: variable, set: `${name} = UNHEX(SUBSTRING(${variable}, 3))` }
      : { field: name, set: null };
  });
  const sets = fields.flatMap(({ set }) => (set === null ? [] : [set]));
  const separator = traits.dumpsRowsOnLines[flavour] ? '),\n(' : '),(';
  return {
    statement:
      `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4 ` +
      `FIELDS TERMINATED BY ',' ENCLOSED BY '\\'' ESCAPED BY '\\\\' ` +
      `LINES TERMINATED BY '${separator.replace('\n', '\\n')}' (${fields.map(({ field }) => field).join(', ')})` +
      (sets.length === 0 ? '' : ` SET ${sets.join(', ')}`),
    before: start.length,
    after: ');\n',
    separator,
  };
}

/** Whether an INSERT without a list has a value for every column. */
const namesAll = (flavour: Flavour, columns: readonly DefinedColumn[]): boolean =>
  columns.every(
    ({ isGenerated, isInvisible }) => !isInvisible && (traits.dumpsGeneratedColumns[flavour] || !isGenerated),
  );

function listedColumns(names: string, columns: readonly DefinedColumn[]): DefinedColumn[] | undefined {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const listed = [...names.matchAll(new RegExp(quotedName, 'g'))].map(([name]) => byName.get(name));
  return listed.every((column) => column !== undefined) ? listed : undefined;
}

/** Rows are committed about every so many bytes: few enough to undo quickly, enough to make the commit cheap. */
const commitBytes = 8 * 1024 * 1024;
/** What an INSERT says before its first value fits into this, but for a table of thousands of columns. */
const headBytes = 64 * 1024;

/**
 * Loads a part of rows: by one LOAD DATA where server and table allow it, else INSERT by INSERT. What LOAD DATA makes of
 * a value that it reads otherwise, it does not tell: whoever loads compares, and loads again without it.
 *
 * @param definition the CREATE TABLE, of an ordinary InnoDB table; undefined for any other
 */
async function loadRows(
  session: Session,
  table: string,
  part: ManifestPart,
  definition: string | undefined,
  loading: TableLoading,
): Promise<void> {
  const pieces = rowPiecesOf(loading.source, part);
  const isOrdinary = definition !== undefined;
  /** Null: not by LOAD DATA. The INSERTs of a table are of one shape: the first tells. */
  let fast: FastRows | null | undefined = loading.fast && isOrdinary ? undefined : null;
  let uncommitted = 0;
  let isEmpty = true;
  for await (const piece of pieces) {
    if (piece.kind === 'other') {
      await runOthers(session, table, part, piece, isOrdinary, loading);
      continue;
    }
    isEmpty = false;
    fast ??=
      fast === null ? null : (planFastRows(session.server.flavour, definition ?? '', headOf(piece)) ?? null);
    loading.hasRows(table, fast !== null);
    if (fast !== null) {
      await loadFast(session, table, part, piece, pieces, fast, loading);
      break;
    }
    const insert = insertStatement(piece);
    await loading.run(session, part, {
      ...insert,
      text: aboutTable(insert.text, table, loading.nameOf(table)),
    });
    loading.loaded(piece.bytes.length);
    uncommitted += piece.bytes.length;
    if (uncommitted < commitBytes) continue;
    await session.run('COMMIT');
    uncommitted = 0;
  }
  if (!isEmpty) await session.run('COMMIT');
}

const headOf = ({ bytes }: StatementBytes): string => bytes.toString('latin1', 0, headBytes);

/** Gives the values of this INSERT and of all that follow to one LOAD DATA. */
async function loadFast(
  session: Session,
  table: string,
  part: ManifestPart,
  first: StatementBytes,
  rest: AsyncIterable<StatementBytes>,
  fast: FastRows,
  loading: TableLoading,
): Promise<void> {
  const others: StatementBytes[] = [];
  const values = async function* (): AsyncGenerator<Buffer> {
    yield* valuesOf(first, fast, loading);
    for await (const piece of rest) {
      if (piece.kind === 'other') {
        others.push(piece);
        continue;
      }
      yield Buffer.from(fast.separator);
      yield* valuesOf(piece, fast, loading);
    }
  };
  const text = aboutTable(fast.statement, table, loading.nameOf(table));
  const statement = { ...insertStatement({ ...first, bytes: Buffer.alloc(0) }), text };
  await loading.run(session, part, statement, values());
  for (const piece of others) await runOthers(session, table, part, piece, true, loading);
}

/** A packet of the protocol has at most 16 MB. */
const sliceBytes = 1024 * 1024;

function* valuesOf({ bytes }: StatementBytes, fast: FastRows, { loaded }: TableLoading): Generator<Buffer> {
  const end = bytes.length - fast.after.length;
  if (bytes.toString('latin1', end) !== fast.after) throw new Error('an INSERT of another shape');
  for (let at = fast.before; at < end; at += sliceBytes)
    yield bytes.subarray(at, Math.min(at + sliceBytes, end));
  loaded(bytes.length);
}

async function runOthers(
  session: Session,
  table: string,
  part: ManifestPart,
  piece: StatementBytes,
  isOrdinary: boolean,
  { run, nameOf }: TableLoading,
): Promise<void> {
  for (const statement of otherStatements(piece, part))
    if (!isFrame(statement.text, isOrdinary))
      await run(session, part, { ...statement, text: aboutTable(statement.text, table, nameOf(table)) });
}
