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
