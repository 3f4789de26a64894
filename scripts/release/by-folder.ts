import { dirname } from 'node:path';

/** Things of one folder that something is said of: all that it holds, or some of what lies right in it. */
export interface FolderOfFiles {
  /** Relative to the tree; empty for its top. */
  readonly folder: string;
  /** How many files and links; an empty folder counts as one. */
  readonly files: number;
  /** Whether the folder as a whole is meant, with the folders in it. */
  readonly whole: boolean;
}

/**
 * The folders that paths lie in, so that two thousand paths are said in a few lines: pure. A folder that is among the paths
 * stands for all that lies in it.
 *
 * @param paths relative to a tree; a folder among them comes with all that it holds
 * @returns the folders with most files first
 */
export function byFolder(paths: readonly string[]): readonly FolderOfFiles[] {
  const folders = new Set(paths.map(above).filter((folder) => folder !== ''));
  const whole = new Set(paths.filter((path) => folders.has(path)));
  const counts = new Map<string, number>();
  for (const path of paths) {
    if (whole.has(path)) continue;
    const folder = highestAbove(path, whole) ?? above(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .map(([folder, files]) => ({ folder, files, whole: whole.has(folder) }))
    .sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1));
}

/** The highest of these folders that a path lies in. */
function highestAbove(path: string, folders: ReadonlySet<string>): string | undefined {
  let highest: string | undefined;
  for (let folder = above(path); folder !== ''; folder = above(folder))
    if (folders.has(folder)) highest = folder;
  return highest;
}

function above(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
