import { join } from 'node:path';

/** The folder of the parts within a backup. */
export const partsFolder = 'database';
/** The list of the files archive. */
export const filesListName = 'files.list';
/** The files archive, without the extension of its compression. */
export const filesArchiveName = 'files.tar';
/** The archive of what had changed by the time that the first one was done, without the extension; see `Changes`. */
export const lateArchiveName = 'files-late.tar';
/** The paths that are cleared before that is unpacked, each ended by a zero byte. */
export const clearedName = 'files-late.cleared';
/** The script that restores a backup without us. */
export const restoreScriptName = 'restore.sh';
/** Who writes a backup that is not complete yet. */
export const ownerName = 'owner.json';

/** The path of a part. */
export const partPath = (folder: string, name: string): string => join(folder, partsFolder, name);
/** The record of what was archived before a backup was begun, and how it looked; never in a complete one. */
export const lookedName = 'files.looked';

/** What is being written, or was when its writer died. */
export const partialSuffix = '.partial';

/**
 * The name of a backup's folder: when it was taken, and of which version. Sorts by time.
 *
 * @param taken how many backups of this very second there already are
 */
export function backupId(at: Date, appVersion: string | null, taken = 0): string {
  const time = at
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .replace(/\.\d+Z$/, 'Z');
  const version = (appVersion ?? 'unversioned').replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 60);
  // A version may end as the folder of an unfinished backup does.
  const safe = version.endsWith(partialSuffix) ? `${version}_` : version;
  return `${time}-${safe}${taken === 0 ? '' : `-${taken + 1}`}`;
}

/** Whether a name in the folder of the backups is that of a backup; one that is being written has none yet. */
export const isBackupId = (name: string): boolean =>
  /^\d{8}T\d{6}Z-[A-Za-z0-9._-]+$/.test(name) && !name.endsWith(partialSuffix);
