import { dirname } from 'node:path';

/** A file of the application, and when its content was last written (milliseconds). */
export interface WrittenFile {
  /** Relative to the application. */
  readonly path: string;
  readonly mtimeMs: number;
}

/** A folder that looks like one of the application's data. */
export interface DataFolder {
  /** Relative to the application. */
  readonly folder: string;
  /** Files in it and in the folders below. */
  readonly files: number;
}

/** What is unpacked in the same while as a release has times of that while. */
const installationMs = 10 * 60_000;

/**
 * Folders in which every file was written since the release was installed: uploads, sessions, caches. Of folders in each
 * other only the highest. Pure.
 *
 * @param files the application's files, but for those that are known as data
 * @param installedMs when the release was installed
 * @returns those with most files first
 */
export function dataFolders(files: readonly WrittenFile[], installedMs: number): readonly DataFolder[] {
  const all = new Map<string, number>();
  const since = new Map<string, number>();
  for (const { path, mtimeMs } of files)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      all.set(folder, (all.get(folder) ?? 0) + 1);
      if (mtimeMs > installedMs + installationMs) since.set(folder, (since.get(folder) ?? 0) + 1);
    }
  const isData = (folder: string): boolean => since.get(folder) === all.get(folder);
  return [...since]
    .filter(([folder]) => isData(folder) && (dirname(folder) === '.' || !isData(dirname(folder))))
    .map(([folder, count]) => ({ folder, files: count }))
    .sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1));
}
