import { join } from 'node:path';

/** The folder of the parts within a backup. */
export const partsFolder = 'database';
/** The list of the files archive. */
export const filesListName = 'files.list';
/** The files archive, without the extension of its compression. */
export const filesArchiveName = 'files.tar';
/** The script that restores a backup without us. */
export const restoreScriptName = 'restore.sh';
/** Who writes a backup that is not complete yet. */
export const ownerName = 'owner.json';

/** The path of a part. */
export const partPath = (folder: string, name: string): string => join(folder, partsFolder, name);
