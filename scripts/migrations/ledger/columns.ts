import * as v from 'valibot';
import type { StatementProgress } from '../../sql/statement.ts';
import type { Migration } from '../migration.ts';
import { isScriptVersion } from '../script-names.ts';

/** A text as a statement that reads the same under every sql_mode and character set of its session. */
const sqlText = (text: string): string =>
  `CONVERT(X'${Buffer.from(text, 'utf8').toString('hex')}' USING utf8mb4)`;

/** What is digits and letters alone: in quotes it needs no more. */
const sqlWord = (word: string): string => `'${word}'`;

const orNull =
  <T>(sql: (value: T) => string) =>
  (value: T | undefined): string =>
    value === undefined ? 'NULL' : sql(value);

const orUndefined = <S extends v.GenericSchema>(schema: S) =>
  v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );

const count = v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(0));

const inFlight = v.pipe(
  v.string(),
  v.regex(/^\d+:[0-9a-f]{64}$/),
  v.transform((text) => {
    const [number = '', hash = ''] = text.split(':');
    return { number: Number(number), hash };
  }),
);

const acceptedText = v.object({
  /** sha256 of the text that is accepted beside the one that has run. */
  checksum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** ISO 8601. */
  at: v.string(),
  by: v.string(),
  because: v.string(),
});

/** An edited text of a script that has run, which somebody took for as good as the one that has. */
export type AcceptedText = Readonly<v.InferOutput<typeof acceptedText>>;

/** A column: its name and type in SQL, how what is found there is read, and how a value of it is written. */
const column = <T>(
  name: string,
  type: string,
  read: v.GenericSchema<unknown, T>,
  write: (value: T) => string,
) => ({ name, type, read, write });

/**
 * The ledger, column by column: what is made, added, written, read and known of one script. A further column goes among `later`,
 * since ledgers that exist lack it, and takes undefined.
 */
const first = {
  version: column(
    'version',
    'varchar(32) NOT NULL',
    v.pipe(v.string(), v.check(isScriptVersion, 'not a version')),
    sqlWord,
  ),
  name: column('name', 'varchar(255) NOT NULL', v.string(), sqlText),
  checksum: column('checksum', 'char(64) NOT NULL', v.string(), sqlWord),
  state: column('state', 'varchar(16) NOT NULL', v.picklist(['applying', 'applied', 'failed']), sqlWord),
  statements: column('statements', 'int unsigned NOT NULL', count, String),
  statementsDone: column('statements_done', 'int unsigned NOT NULL', count, String),
  /** What `doneHashes` gives for them. */
  doneHash: column('done_hash', 'char(64) NOT NULL', v.string(), sqlWord),
  /** A statement that may or may not have been applied. */
  inFlight: column(
    'in_flight',
    'varchar(80) NULL',
    orUndefined(inFlight),
    orNull(({ number, hash }) => sqlWord(`${number}:${hash}`)),
  ),
  /** The connection that ran it. */
  connectionId: column(
    'connection_id',
    'bigint unsigned NULL',
    orUndefined(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
    orNull(String),
  ),
  error: column('error', 'text NULL', orUndefined(v.string()), orNull(sqlText)),
  /** UTC, `2026-11-22 10:15:30.123`. */
  startedAt: column('started_at', 'datetime(3) NOT NULL', v.string(), sqlWord),
  finishedAt: column('finished_at', 'datetime(3) NULL', orUndefined(v.string()), orNull(sqlWord)),
  durationMs: column('duration_ms', 'bigint unsigned NULL', orUndefined(count), orNull(String)),
  appliedBy: column('applied_by', 'varchar(255) NOT NULL', v.string(), sqlText),
  runId: column('run_id', 'varchar(64) NOT NULL', v.string(), sqlText),
};

const later = {
  /** How a doubt was settled, or where the row comes from. In every ledger but those of the format's first days. */
  note: column('note', 'text NULL', orUndefined(v.string()), orNull(sqlText)),
  /**
   * Texts that are as good as the one that has run (`isTextTaken`), whose hash stays in `checksum`. Only in ledgers where one
   * was accepted.
   */
  accepted: column(
    'accepted',
    'text NULL',
    v.pipe(
      v.nullish(v.pipe(v.string(), v.parseJson(), v.array(acceptedText))),
      v.transform((texts): readonly AcceptedText[] => texts ?? []),
    ),
    (texts) => (texts.length === 0 ? 'NULL' : sqlText(JSON.stringify(texts))),
  ),
};

const columns = { ...first, ...later };
type Columns = typeof columns;

/** What the ledger says of one script. */
export type LedgerRow = { readonly [K in keyof Columns]: v.InferOutput<Columns[K]['read']> };

/** What a ledger may lack. */
export type ExtraColumn = keyof typeof later;

/** What every ledger has beside, from the day that it is made; the others are added when there is something to keep. */
const madeWith: readonly ExtraColumn[] = ['note'];

/** The columns of a new ledger, for CREATE TABLE. */
export const columnsToCreate = (): string =>
  [...Object.values(first), ...madeWith.map((key) => later[key])]
    .map(({ name, type }) => `  ${name} ${type},\n`)
    .join('');

/** The columns that one lacks, for ALTER TABLE. */
export const columnsToAdd = (missing: readonly ExtraColumn[]): string =>
  missing.map((key) => `ADD COLUMN ${later[key].name} ${later[key].type}`).join(', ');

/** What is not among the names, of the columns that every ledger gets, and of those that there is something to keep in. Pure. */
export const extrasMissing = (toKeep: readonly ExtraColumn[], names: ReadonlySet<string>): ExtraColumn[] =>
  [...madeWith, ...toKeep].filter((key) => !names.has(later[key].name));

/** What a table lacks of what every ledger has; it may have more. Pure. */
export const missingFrom = (names: ReadonlySet<string>): string[] =>
  Object.values(first)
    .map(({ name }) => name)
    .filter((name) => !names.has(name));

/** Values as a SET clause has them. */
export function assignments(values: Partial<LedgerRow>): string {
  const keys = Object.keys(values) as readonly (keyof LedgerRow)[];
  return keys.map((key) => `${columns[key].name} = ${sqlOf(key, values)}`).join(', ');
}

/** That a row still is as it was read, in these columns. */
export const conditions = (row: LedgerRow, keys: readonly (keyof LedgerRow)[]): string =>
  keys.map((key) => `${columns[key].name} <=> ${sqlOf(key, row)}`).join(' AND ');

/** A whole row. What is NULL is left out: the column may not be there. */
export const assignmentsOfRow = (row: LedgerRow): string => {
  const keys = Object.keys(columns) as readonly (keyof LedgerRow)[];
  return assignments(
    Object.fromEntries(keys.filter((key) => sqlOf(key, row) !== 'NULL').map((key) => [key, row[key]])),
  );
};

/** Each value is written by its own column. */
const sqlOf = (key: keyof LedgerRow, values: Partial<LedgerRow>): string =>
  (columns[key].write as (value: unknown) => string)(values[key]);

/** Reads a row; or tells in which column there is what is not ours. Pure. */
export function parseRow(
  found: Readonly<Record<string, unknown>>,
): { readonly row: LedgerRow } | { readonly column: string; readonly reason: string } {
  const row: Record<string, unknown> = {};
  for (const [key, { name, read }] of Object.entries(columns)) {
    const parsed = v.safeParse(read, found[name]);
    if (!parsed.success) return { column: name, reason: parsed.issues[0].message };
    row[key] = parsed.output;
  }
  // Each value has come from its own column.
  return { row: row as LedgerRow };
}

/** The row of a script that was applied, before there was a ledger or by another program; nothing of it ran here. Pure. */
export const appliedRow = (
  { version, name, checksum }: Pick<Migration, 'version' | 'name' | 'checksum'>,
  whole: StatementProgress,
  record: Pick<LedgerRow, 'startedAt' | 'finishedAt' | 'durationMs' | 'appliedBy' | 'runId' | 'note'>,
): LedgerRow => ({
  ...{ version, name, checksum, state: 'applied' },
  ...{ statements: whole.done, statementsDone: whole.done, doneHash: whole.hash, inFlight: undefined },
  ...{ connectionId: undefined, error: undefined, accepted: [] },
  ...record,
});
