import { withSession, type Session } from '../../../../scripts/database/session/session.ts';
import { quoteName } from '../../../../scripts/sql/quote.ts';
import { testContext } from '../../../helpers/context.ts';
import type { RunningServer } from '../../../helpers/servers.ts';
import { vendorDump, type VendorAccess } from '../../../helpers/vendor-clients.ts';

/** What a database is, by three witnesses that are not ours. */
export interface Witness {
  /** The lines of the vendor's dump, a byte a character. */
  readonly dump: readonly string[];
  /** What the server's own catalogue lists, a line an object. */
  readonly catalogue: readonly string[];
  /** The server's own sum over the stored values of each table: it sees what a dump does not print. */
  readonly sums: readonly string[];
}

/** Asks the witnesses about a database. */
export async function askWitnesses(
  running: RunningServer,
  access: VendorAccess,
  database: string,
): Promise<Witness> {
  const dump = (await vendorDump(access, database)).toString('latin1').split('\n');
  return withSession(
    testContext(),
    running.target(database),
    async (session) => ({
      dump: access.clients.flavour === 'mysql' ? dump.map(withoutNewCharset) : dump,
      catalogue: await readCatalogue(session, database),
      sums: await readSums(session, database),
    }),
    { database: null },
  );
}

/** What the server's own catalogue lists of a database, a line an object. */
export async function readCatalogue(session: Session, database: string): Promise<string[]> {
  const lines: string[] = [];
  for (const [kind, sql] of Object.entries(catalogueQueries)) {
    const rows = await session.rows(sql, [database]);
    lines.push(...rows.map((row) => `${kind} ${JSON.stringify(Object.values(row))}`).sort());
  }
  return lines;
}

async function readSums(session: Session, database: string): Promise<string[]> {
  const tables = await session.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_NAME NOT IN (${unsteady})
     ORDER BY BINARY TABLE_NAME`,
    [database, database],
  );
  if (tables.length === 0) return [];
  const names = tables.map(({ name }) => `${quoteName(database)}.${quoteName(String(name))}`);
  const sums = await session.rows(`CHECKSUM TABLE ${names.join(', ')} EXTENDED`);
  return sums.map((row) => `${String(row['Table'])} ${String(row['Checksum'])}`);
}

/**
 * MySQL 9.7 shows `COLLATE latin1_bin` and, once that was loaded from a dump by any client, `CHARACTER SET latin1 COLLATE
 * latin1_bin`: a test of its own shows that its own client does it.
 */
export const withoutNewCharset = (line: string): string =>
  line.replaceAll(/ CHARACTER SET (\w+) COLLATE (?=\1)/g, ' COLLATE ');

/** What one witness says before and not after, and the other way round; empty when both are the same. */
export function contradictions(before: Witness, after: Witness): string[] {
  return [
    ...differingLines(before.dump, after.dump),
    ...differingLines(before.catalogue, after.catalogue),
    ...differingLines(before.sums, after.sums),
  ].slice(0, 20);
}

function differingLines(before: readonly string[], after: readonly string[]): string[] {
  const different: string[] = [];
  for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
    if (before[at] === after[at]) continue;
    different.push(`- ${before[at]?.slice(0, 500) ?? ''}`, `+ ${after[at]?.slice(0, 500) ?? ''}`);
  }
  return different;
}

/** MariaDB's sum of a table with a virtual column is another one each time that it is asked. */
const unsteady = `SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND EXTRA LIKE '%VIRTUAL%'`;

/** Everything that a name and a place can be lost of; not what a server estimates, or writes the time of. */
const catalogueQueries = {
  table: `SELECT TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?`,
  column: `SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME,
    COLUMN_KEY, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?`,
  key: `SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, COLLATION, SUB_PART, INDEX_TYPE, INDEX_COMMENT
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ?`,
  constraint: `SELECT TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE FROM information_schema.TABLE_CONSTRAINTS
    WHERE TABLE_SCHEMA = ?`,
  reference: `SELECT TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?`,
  partition: `SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, PARTITION_DESCRIPTION
    FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = ?`,
  trigger: `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_ORDER, SQL_MODE, DEFINER, CHARACTER_SET_CLIENT,
    COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?`,
  routine: `SELECT ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE, ROUTINE_COMMENT, DEFINER,
    CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?`,
  parameter: `SELECT SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER,
    CHARACTER_SET_NAME FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = ?`,
  event: `SELECT EVENT_NAME, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, STARTS, ENDS, STATUS, ON_COMPLETION, TIME_ZONE, SQL_MODE,
    DEFINER, EVENT_COMMENT, DATABASE_COLLATION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?`,
  view: `SELECT TABLE_NAME, CHECK_OPTION, IS_UPDATABLE, DEFINER, SECURITY_TYPE, CHARACTER_SET_CLIENT
    FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?`,
  database: `SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`,
} as const;
