import { backupsDir } from '../config/required-settings.ts';
import { note, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { readOutsideTables, type OutsideTable } from '../database/cross-database-tables.ts';
import { schemaFingerprint } from '../database/fingerprint.ts';
import { readServerIdentity } from '../database/identity.ts';
import { readDefiners, readInventory, type DatabaseAccount, type Inventory } from '../database/inventory.ts';
import { readTimeZone } from '../database/session/client-settings.ts';
import type { Session } from '../database/session/session.ts';
import { addressText, type Target } from '../database/session/target.ts';
import { findDumpClient, type DumpClient } from '../dump/client/clients.ts';
import { dumpStateArguments } from '../dump/client/dump.ts';
import { checkDumpable, type DumpNeeds } from '../dump/preflight.ts';
import { readLowerCaseTableNames, type LowerCaseTableNames } from '../server/server-options.ts';
import { quoteName, quoteText } from '../sql/quote.ts';
import { expressionOf, zonedColumns } from '../sql/table-definition.ts';
import { exists } from '../system/files.ts';
import { appTree, type AppTree } from './files/app-tree.ts';
import type { Manifest } from './manifest.ts';
import { checkSpace, databaseBytes, estimateBytes, noFiles, treeBytes } from './space.ts';

/** What was learned before anything was written. */
export interface BackupSource {
  readonly target: Target;
  readonly session: Session;
  readonly clients: DumpClient;
  readonly needs: DumpNeeds;
  readonly inventory: Inventory;
  readonly fingerprint: string;
  readonly definers: readonly DatabaseAccount[];
  /** What of other databases its views read. */
  readonly outside: readonly OutsideTable[];
  readonly lowerCaseTableNames: LowerCaseTableNames;
  /** Undefined: that of this machine. */
  readonly timeZone: string | undefined;
  readonly identity: NonNullable<Manifest['database']['identity']>;
  /** The application's folder, where its files are to be in the backup. */
  readonly files: AppTree | undefined;
}

/**
 * Checks whether a backup can be whole and learns what it is to hold, before anything is written.
 *
 * @param options `filesAhead`: the files are archived already, and what changed since is asked room for when it is known
 * @throws MajError what `checkDumpable` and `appTree` throw, `app-dir-missing`, `disk-full`
 */
export async function learnSource(
  context: Context,
  session: Session,
  target: Target,
  { databaseOnly, filesAhead }: { readonly databaseOnly: boolean; readonly filesAhead: boolean },
): Promise<BackupSource> {
  const files = databaseOnly ? undefined : await filesToTake(context);
  const clients = await findDumpClient(context, session.server.flavour);
  await dumpStateArguments(context, clients, target);
  const { database } = target;
  const source: BackupSource = {
    target,
    session,
    clients,
    needs: await checkDumpable(context, session, clients, database),
    inventory: await readInventory(session, database),
    fingerprint: await schemaFingerprint(session, database),
    definers: await readDefiners(session, database),
    outside: await readOutsideTables(session, database),
    lowerCaseTableNames: await readLowerCaseTableNames(session),
    timeZone: await readTimeZone(context, target),
    identity: { address: addressText(target), server: await readServerIdentity(session) },
    files,
  };
  await warnOfZonedRows(context, session, database, source.timeZone ?? 'SYSTEM');
  stopIfInterrupted(context);
  const tree = files === undefined || filesAhead ? noFiles : await treeBytes(files.root, files.left.paths);
  await checkSpace(backupsDir(context), estimateBytes(await databaseBytes(session, database), tree));
  return source;
}

async function filesToTake(context: Context): Promise<AppTree | undefined> {
  if (context.config.APP_DIR === undefined) {
    note(context, 'no-files-to-archive', {});
    return undefined;
  }
  const tree = await appTree(context);
  if (!(await exists(tree.root))) throw wrongUsage('app-dir-missing', { folder: tree.root });
  for (const path of tree.left.ours) note(context, 'left-out', { path });
  return tree;
}

/** A column that the server computed from times in a time zone, and how many rows no load in that zone or in UTC brings back. */
export interface ZonedColumn {
  readonly table: string;
  readonly column: string;
  /** Rows whose value is another one in UTC, in which the vendor's client loads a dump. */
  readonly inUtc: number;
  /** Rows whose value is another one in the server's own zone, in which a restore computes it. */
  readonly inOwnZone: number;
}

/**
 * Warns, by column, of values that were computed from times: a dump of MySQL leaves them out, and that of MariaDB has them
 * in vain. The tables that have such a column are read, and no others.
 */
async function warnOfZonedRows(
  context: Pick<Context, 'report'>,
  session: Session,
  database: string,
  timeZone: string,
): Promise<void> {
  const columns = await findZonedRows(session, database, timeZone);
  const byHand = columns.filter(({ inUtc }) => inUtc > 0);
  const mixed = columns.filter(({ inOwnZone }) => inOwnZone > 0);
  if (byHand.length > 0) warn(context, 'zoned-by-hand', { columns: byHand, timeZone });
  if (mixed.length > 0) warn(context, 'zoned-otherwise', { columns: mixed, timeZone });
}

async function findZonedRows(session: Session, database: string, timeZone: string): Promise<ZonedColumn[]> {
  const tables = await session.rows(
    `SELECT DISTINCT c.TABLE_NAME AS name FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
       ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
     WHERE c.TABLE_SCHEMA = ? AND t.TABLE_TYPE <> 'VIEW' AND c.EXTRA LIKE '%STORED GENERATED%' ORDER BY c.TABLE_NAME`,
    [database],
  );
  const found: ZonedColumn[] = [];
  for (const { name } of tables) {
    const table = `${quoteName(database)}.${quoteName(String(name))}`;
    const [shown] = await session.rows(`SHOW CREATE TABLE ${table}`);
    const stored = zonedColumns(String(shown?.['Create Table'])).filter(({ isStored }) => isStored);
    if (stored.length === 0) continue;
    const sums = stored.map(
      (column, at) => `SUM(NOT (${column.name} <=> (${expressionOf(column)}))) AS c${at}`,
    );
    const counted = async (zone: string): Promise<Record<string, unknown>> => {
      await session.run(`SET time_zone = ${quoteText(zone)}`);
      try {
        return (await session.rows(`SELECT ${sums.join(', ')} FROM ${table}`))[0] ?? {};
      } finally {
        await session.run("SET time_zone = '+00:00'");
      }
    };
    const [utc, own] = [await counted('+00:00'), await counted(timeZone)];
    for (const [at, column] of stored.entries()) {
      const [inUtc, inOwnZone] = [Number(utc[`c${at}`] ?? 0), Number(own[`c${at}`] ?? 0)];
      found.push({
        table: String(name),
        column: column.name.slice(1, -1).replaceAll('``', '`'),
        inUtc,
        inOwnZone,
      });
    }
  }
  return found;
}
