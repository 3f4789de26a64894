import { join, resolve } from 'node:path';
import { checkOwnFolder } from '../config/own-folders.ts';
import { backupsDir } from '../config/require.ts';
import type { Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { liveDatabase } from '../database/identity.ts';
import { exists, readIfThere } from '../system/files.ts';
import { isBackupId } from './layout.ts';
import { backupFrom, backupsOf, listBackups, type Backup, type ListContext } from './list.ts';
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
