import { join } from 'node:path';
import { isBackupId } from '../backup/layout.ts';
import { manifestName } from '../backup/manifest.ts';
import { makePrivateFolder, namesIn, remove, renameDurably, syncFolder } from '../system/files.ts';

/**
 * Where backups go that have expired, within the folder of the backups: from one prune to the next. `mv` gets one back.
 */
export const trashFolder = (backups: string): string => join(backups, '.trash');

/** The backups in the trash, oldest first; what else somebody put there is not ours. */
export const trashedBackups = async (backups: string): Promise<string[]> =>
  (await namesIn(trashFolder(backups))).filter(isBackupId);

/** Puts a backup into the trash, whole: it is in the one folder or in the other, whenever we are killed. */
export async function moveToTrash(backups: string, id: string): Promise<void> {
  await makePrivateFolder(trashFolder(backups));
  await renameDurably(join(backups, id), join(trashFolder(backups), id));
}

/** Removes a backup in the trash for good: the manifest first, so that half of a backup is never taken for a whole one. */
export async function removeFromTrash(backups: string, id: string): Promise<void> {
  const folder = join(trashFolder(backups), id);
  await remove(join(folder, manifestName));
  await syncFolder(folder);
  await remove(folder);
}
