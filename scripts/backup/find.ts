import { join, resolve } from 'node:path';
import { checkOwnFolder } from '../config/own-folders.ts';
import { backupsDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { liveDatabase } from '../database/identity.ts';
import type { DatabaseIdentity, Whose } from '../database/same-database.ts';
import { exists, readIfThere } from '../system/files.ts';
import { isBackupId } from './layout.ts';
import {
  backupFrom,
  backupsOf,
  databaseOf,
  listBackups,
  whoseBackup,
  type Backup,
  type ListContext,
} from './list.ts';
import { manifestName } from './manifest.ts';

type OwnContext = ListContext & Pick<Context, 'signal'>;

/** The complete backups of the database that the settings name, newest first. */
export const listOwnBackups = async (context: OwnContext): Promise<Backup[]> =>
  backupsOf(await liveDatabase(context), await listBackups(context));

/**
 * Finds a backup by its id or by its path, of whatever database it is; or the newest one of the database that the
 * settings name.
 *
 * @throws MajError `no-backup`, `backup-not-found`, `folder-of-another` (exit code 3); `manifest-invalid` (4)
 */
export async function findBackup(context: OwnContext, idOrPath: string | undefined): Promise<Backup> {
  const folder = backupsDir(context);
  if (idOrPath === undefined) {
    const [live, all] = [await liveDatabase(context), await listBackups(context)];
    const [newest] = backupsOf(live, all);
    if (newest === undefined) throw refused('no-backup', { folder, database: live, others: all.length });
    return newest;
  }
  const path = isBackupId(idOrPath) ? join(folder, idOrPath) : resolve(context.projectDir, idOrPath);
  checkOwnFolder(context, 'backups', path);
  const text = await readIfThere(join(path, manifestName));
  if (text === undefined) {
    const known = (await listOwnBackups(context)).map(({ id }) => id);
    throw refused('backup-not-found', { path, incomplete: await exists(path), known: known.slice(0, 5) });
  }
  const backup = await backupFrom(path, text);
  if (backup === undefined) throw unsound('manifest-invalid', { path: join(path, manifestName) });
  return backup;
}

/** A backup that is named, and what it is named for: facts for questions and errors. */
export interface NamedBackup {
  readonly id: string;
  readonly whose: Whose;
  /** The database that the backup is of. */
  readonly of: DatabaseIdentity;
  /** The one that the settings name; undefined: none. */
  readonly live: DatabaseIdentity | undefined;
}

/** What is to be said of a backup, seen from the database of the settings. */
export const namedBackup = (backup: Backup, live: DatabaseIdentity | undefined): NamedBackup => ({
  id: backup.id,
  whose: whoseBackup(backup, live),
  of: databaseOf(backup),
  live,
});

/**
 * Refuses to rehearse on a backup of another database: the receipt speaks of the one that the settings name.
 *
 * @throws MajError `rehearsed-on-another`
 */
export function refuseOthersRehearsal(backup: Backup, live: DatabaseIdentity): void {
  const named = namedBackup(backup, live);
  if (named.whose !== 'own') throw refused('rehearsed-on-another', named);
}

/**
 * Refuses to put a backup of a database of another name into this one, unless that was asked for in words. One of this
 * name on another server is let through, to a question that says so: a server may have moved, a replica been promoted.
 *
 * @throws MajError `restore-of-another`
 */
export function refuseOthersRestore(named: NamedBackup, asked: boolean): void {
  if (named.whose === 'other-database' && !asked) throw refused('restore-of-another', named);
}
