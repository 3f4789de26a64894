import { backupsDir } from '../config/required-settings.ts';
import { endedBySignal, type Context } from '../core/context.ts';
import { refused, MajError } from '../core/errors.ts';
import { schemaFingerprint } from '../database/fingerprint.ts';
import { findOthers } from '../database/other-connections.ts';
import { withSession, type Session } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { withTablesLocked } from '../dump/client/table-locks.ts';
import { chooseCodec, type Codec } from '../dump/codec.ts';
import { rowBytesOfParts } from '../dump/cutter.ts';
import { installedVersion } from '../release/version.ts';
import { ownVersion } from '../system/process/own-version.ts';
import type { AppTree } from './files/app-tree.ts';
import type { FilesAhead } from './files/files-ahead.ts';
import { shareWithPrevious } from './files/hard-links.ts';
import { takeFiles, takeLateFiles } from './files/take-files.ts';
import type { Backup } from './list.ts';
import type { Manifest, ManifestFiles } from './manifest.ts';
import { checkWritable, completeBackup, openPartial, orDiscard, type PartialBackup } from './partial.ts';
import { learnSource, type BackupSource } from './plan-backup.ts';
import { takeDatabase } from './take-database.ts';

/** What a backup is to hold. */
interface TakeOptions {
  /** Leave the application's files out. */
  readonly databaseOnly?: boolean;
  /** The files, archived already: of these only what has changed since is archived. They are the backup's afterwards. */
  readonly ahead?: FilesAhead | undefined;
}

/**
 * Takes a backup: checks first whether it can be whole, writes beside the others under a name that no one takes for a
 * backup, and gives it its name when everything is on disk. When it fails, nothing is left but, if we are killed, a
 * folder that the next backup removes.
 *
 * @throws MajError among others `disk-full`, `disk-filled`, `objects-missing`, `schema-changed`, `dump-incomplete`
 */
export async function takeBackup(context: Context, options: TakeOptions = {}): Promise<Backup> {
  const { databaseOnly = false, ahead } = options;
  const started = context.clock.monotonicMs();
  const target = targetFromConfig(context);
  const folder = backupsDir(context);
  await checkWritable(context);
  const codec = ahead?.codec ?? (await chooseCodec(context));
  const take = async (session: Session): Promise<Backup> => {
    const source = await learnSource(context, session, target, {
      databaseOnly,
      filesAhead: ahead !== undefined,
    });
    const appVersion = await versionOf(context);
    const partial = await openPartial(context, folder, appVersion);
    return orDiscard(context, partial, async () => {
      const taken = await writeAll(context, source, partial, codec, ahead);
      const { inventory, fingerprint } = source;
      return completeBackup(partial, {
        format: 1,
        id: partial.id,
        createdAt: partial.createdAt.toISOString(),
        durationMs: Math.round(context.clock.monotonicMs() - started),
        tool: await ownVersion(),
        appVersion,
        database: {
          name: target.database,
          charset: inventory.charset,
          collation: inventory.collation,
          server: session.server,
          client: source.clients.version,
          fingerprint,
          definers: [...source.definers],
          ...(source.outside.length === 0 ? {} : { outside: [...source.outside] }),
          lowerCaseTableNames: source.lowerCaseTableNames,
          ...(source.timeZone === undefined ? {} : { timeZone: source.timeZone }),
          identity: source.identity,
        },
        codec: codec.name,
        rowBytes: rowBytesOfParts,
        ...taken,
        inventory,
      });
    });
  };
  // It asks about tables that others may hold a lock on.
  return withSession(context, target, (session) =>
    endedBySignal(
      context,
      () => session.destroy(),
      () => take(session),
    ),
  );
}

async function versionOf(context: Context): Promise<string | null> {
  return context.config.APP_DIR === undefined ? null : installedVersion(context);
}

/** Database and files at the same time; when one fails the other is ended, and the first failure counts. */
async function writeAll(
  context: Context,
  source: BackupSource,
  partial: PartialBackup,
  codec: Codec,
  ahead: FilesAhead | undefined,
): Promise<Pick<Manifest, 'parts' | 'dumpBytes' | 'dumpSha256' | 'databaseMs' | 'files'>> {
  const { target, needs, files } = source;
  const started = context.clock.monotonicMs();
  const share =
    ahead?.share ?? (await shareWithPrevious(context, codec, { name: target.database, ...source.identity }));
  const stop = new AbortController();
  const working: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const archive = ({ root, left }: AppTree): Promise<ManifestFiles> => {
    const tree = { root, leaveOut: left.paths };
    const into = { folder: partial.folder, codec, share };
    return ahead === undefined ? takeFiles(working, tree, into) : takeLateFiles(working, tree, ahead, into);
  };
  const failures: unknown[] = [];
  const failing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failures.push(error);
      stop.abort();
      throw error;
    });
  const [database, archived] = await Promise.allSettled([
    failing(
      withTablesLocked(working, target, needs.lock, async (locked) => {
        const taken = await takeDatabase(locked, source, partial.folder, codec, share);
        return { ...taken, databaseMs: Math.round(context.clock.monotonicMs() - started) };
      }),
    ),
    failing(files === undefined ? Promise.resolve(null) : archive(files)),
  ]);
  if (failures.length > 0) throw await explained(context, failures[0], source);
  if (database.status === 'rejected' || archived.status === 'rejected')
    throw new Error('failed without an error');
  // A structure that changed while the dump ran would be in it half old, half new.
  if (await hasChanged(source)) throw await schemaChanged(context, source);
  return { ...database.value, files: archived.value };
}

const hasChanged = async ({ session, target, fingerprint }: BackupSource): Promise<boolean> =>
  (await schemaFingerprint(session, target.database)) !== fingerprint;

async function schemaChanged(
  context: Context,
  { session, target }: BackupSource,
  cause?: MajError,
): Promise<MajError> {
  const others = await findOthers(context, target, [session.connectionId]);
  return refused('schema-changed', { database: target.database, others }, { cause });
}

/**
 * A table that is made, altered or dropped after the snapshot makes the dump program fail (error 1412), or leaves
 * something out: then the change is what the user has to hear of.
 */
async function explained(context: Context, failure: unknown, source: BackupSource): Promise<unknown> {
  if (!(failure instanceof MajError)) return failure;
  if (failure.code === 'schema-changed') return schemaChanged(context, source, failure);
  if (!['dump-failed', 'objects-missing'].includes(failure.code)) return failure;
  try {
    if (await hasChanged(source)) return await schemaChanged(context, source, failure);
  } catch {
    // The server is gone, too: the first failure says more.
  }
  return failure;
}
