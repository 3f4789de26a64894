import * as v from 'valibot';
import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import type { Session } from '../../database/session/session.ts';
import { quoteName } from '../../sql/quote.ts';
import type { StatementProgress } from '../../sql/statement.ts';
import { wholeOf } from '../baseline.ts';
import { readLedger } from '../ledger/ledger.ts';
import type { Migration } from '../migration.ts';
import { momentColumn, readEntries, type ForeignLedger, type RawRow } from './entries.ts';
import { planAdoption, type Adopted, type Adoption } from './plan.ts';
import type { Table } from './shapes.ts';
import { backupTable, chooseSource, hasLedger, type AdoptionSource } from './source.ts';

/** Which record, and how it is to be read; see `chooseSource` and `planAdoption`. */
export interface Wish {
  readonly from: string | undefined;
  readonly current: boolean;
}

/** All that an adoption needs: what was found, and what becomes of it. */
export interface PreparedAdoption {
  readonly source: AdoptionSource;
  readonly ledger: ForeignLedger;
  readonly adoption: Adoption;
  readonly adopted: readonly (Adopted & { readonly whole: StatementProgress })[];
}

/**
 * Reads another program's record and finds the scripts that it stands for.
 *
 * @throws MajError `adopt-not-empty`, `adopt-refused`, and what `chooseSource` throws; `migration-script` for a script
 *   that cannot be read
 */
export async function prepareAdoption(
  context: Pick<Context, 'config'>,
  session: Session,
  migrations: readonly Migration[],
  wish: Wish,
): Promise<PreparedAdoption> {
  const tables = await readTables(session);
  if (hasLedger(tables) && (await readLedger(session)).length > 0) throw refused('adopt-not-empty', {});
  const source = chooseSource(tables, wish.from);
  const ledger = readEntries(source, await readRows(session, source));
  const adoption = planAdoption(ledger, migrations, wish);
  if (adoption.problems.length > 0)
    throw refused('adopt-refused', { table: ledger.table, problems: adoption.problems });
  const adopted: PreparedAdoption['adopted'][number][] = [];
  for (const one of adoption.adopted) {
    const whole = await wholeOf(one.migration, context.config.DB_SQL_MODE, session.server.flavour);
    adopted.push({ ...one, whole });
  }
  return { source, ledger, adoption, adopted };
}

const columnRow = v.object({
  table: v.string(),
  type: v.string(),
  name: v.string(),
  data: v.string(),
  preset: v.nullish(v.string()),
});

/** Every table of the database that the session is in, with its columns. */
async function readTables(session: Session): Promise<Table[]> {
  // The server's own names for these columns are in capitals or not, by flavour and version: hence the aliases.
  const found = await session.rows(
    `SELECT t.TABLE_NAME AS \`table\`, t.TABLE_TYPE AS type, c.COLUMN_NAME AS name, CAST(c.DATA_TYPE AS CHAR) AS data,
       CAST(c.COLUMN_DEFAULT AS CHAR) AS preset
     FROM information_schema.TABLES t JOIN information_schema.COLUMNS c
       ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
     WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY t.TABLE_NAME, c.ORDINAL_POSITION`,
  );
  const tables = new Map<string, Table>();
  for (const { table: name, type, ...column } of v.parse(v.array(columnRow), found)) {
    const columns = tables.get(name)?.columns ?? [];
    const data = column.data.toLowerCase();
    const serverTime = data === 'timestamp' && /^current_timestamp/i.test(column.preset ?? '');
    const next = { name: column.name.toLowerCase(), type: data, serverTime };
    tables.set(name, { name, base: type === 'BASE TABLE', columns: [...columns, next] });
  }
  return [...tables.values()];
}

const rawRow = v.record(v.string(), v.nullable(v.string()));

async function readRows(session: Session, { table, shape }: AdoptionSource): Promise<RawRow[]> {
  const texts = table.columns.map(({ name }) => `CAST(${quoteName(name)} AS CHAR) AS ${quoteName(name)}`);
  const moment =
    shape.at?.serverTime === true
      ? [`CAST(UNIX_TIMESTAMP(${quoteName(shape.at.name)}) AS CHAR) AS ${momentColumn}`]
      : [];
  const rows = await session.rows(`SELECT ${[...texts, ...moment].join(', ')} FROM ${quoteName(table.name)}`);
  return v.parse(v.array(rawRow), rows);
}

/** What an adoption comes to, for people and for `--json`. */
export interface AdoptionSummary {
  readonly from: string;
  readonly program: string;
  /** The new name of the other program's table; null: it keeps its own. */
  readonly renamedTo: string | null;
  readonly adopted: readonly {
    readonly version: string;
    readonly file: string;
    /** As the other program names it; null: implied by a later version. */
    readonly entry: string | null;
    /** A moment in UTC, or the text of a clock whose time zone is not known. */
    readonly at: string | null;
    readonly by: string | null;
  }[];
  readonly gone: readonly string[];
  readonly leftOut: readonly string[];
  readonly late: readonly string[];
  readonly pending: readonly string[];
}

/** Sums up what was found. Pure. */
export function summaryOf({ source, ledger, adoption }: Omit<PreparedAdoption, 'adopted'>): AdoptionSummary {
  return {
    from: ledger.table,
    program: ledger.program,
    renamedTo: source.makesRoom ? backupTable : null,
    adopted: adoption.adopted.map(({ migration, entry }) => ({
      version: migration.version,
      file: migration.file,
      entry: entry?.text ?? null,
      at: entry?.finishedAt?.toISOString() ?? entry?.timeText ?? null,
      by: entry?.by ?? null,
    })),
    gone: adoption.gone,
    leftOut: ledger.leftOut,
    late: adoption.late.map(({ file }) => file),
    pending: adoption.pending.map(({ file }) => file),
  };
}
