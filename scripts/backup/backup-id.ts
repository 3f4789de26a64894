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
  const version = (appVersion ?? 'unversioned').replaceAll(/[^A-Za-z0-9._+-]/g, '_').replaceAll('+', '_');
  return `${time}-${version.slice(0, 60)}${taken === 0 ? '' : `-${taken + 1}`}`;
}

/** What is being written, or was when its writer died. */
export const partialSuffix = '.partial';

/** Whether a name in the folder of the backups is one of ours. */
export const isBackupId = (name: string): boolean => /^\d{8}T\d{6}Z-[A-Za-z0-9._-]+$/.test(name);
