import { backupsDir } from '../config/require.ts';
import { note, stopIfInterrupted, type Context } from '../context.ts';
import { findDumpClient, type DumpClient } from '../database/dump-client.ts';
import { dumpStateArguments } from '../database/dump-state.ts';
import { schemaFingerprint } from '../database/fingerprint.ts';
import { readLowerCaseTableNames, type LowerCaseTableNames } from '../database/name-case.ts';
import { readServerIdentity } from '../database/identity.ts';
import { readDefiners, readInventory, type Account, type Inventory } from '../database/inventory.ts';
import { readOutsideTables, type OutsideTable } from '../database/outside-tables.ts';
import { readTimeZone } from '../database/time-zone.ts';
import { checkDumpable, type DumpNeeds } from '../database/preflight.ts';
import type { Session } from '../database/session.ts';
import { addressOf, type Target } from '../database/target.ts';
import { wrongUsage } from '../errors.ts';
import { exists } from '../system/files.ts';
import { appTree, type AppTree } from './app-tree.ts';
import { warnOfZonedRows } from './zoned-rows.ts';
import type { Manifest } from './manifest.ts';
import { checkSpace, databaseBytes, estimateBytes, noFiles, treeBytes } from './space.ts';

/** What was learned before anything was written. */
export interface Source {
  readonly target: Target;
  readonly session: Session;
  readonly clients: DumpClient;
  readonly needs: DumpNeeds;
  readonly inventory: Inventory;
  readonly fingerprint: string;
  readonly definers: readonly Account[];
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
): Promise<Source> {
  const files = databaseOnly ? undefined : await filesToTake(context);
  const clients = await findDumpClient(context, session.server.flavour);
  await dumpStateArguments(context, clients, target);
  const needs = await checkDumpable(context, session, clients, target.database);
  const inventory = await readInventory(session, target.database);
  const fingerprint = await schemaFingerprint(session, target.database);
  const definers = await readDefiners(session, target.database);
  const outside = await readOutsideTables(session, target.database);
  const lowerCaseTableNames = await readLowerCaseTableNames(session);
  const timeZone = await readTimeZone(context, target);
  await warnOfZonedRows(context, session, target.database, timeZone);
  const identity = { address: addressOf(target), server: await readServerIdentity(session) };
  stopIfInterrupted(context);
  const source = {
    target,
    session,
    clients,
    needs,
    inventory,
    fingerprint,
    definers,
    outside,
    lowerCaseTableNames,
    timeZone,
    identity,
    files,
  };
  await checkSpace(backupsDir(context), await neededBytes(source, filesAhead));
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

async function neededBytes({ session, target, files }: Source, filesAhead: boolean): Promise<number> {
  const tree = files === undefined || filesAhead ? noFiles : await treeBytes(files.root, files.left.paths);
  return estimateBytes(await databaseBytes(session, target.database), tree);
}
