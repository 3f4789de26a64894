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
