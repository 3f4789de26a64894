import { isAbsolute, relative, sep } from 'node:path';

/** What of an application's folder does not go into the archive. */
export interface LeftOut {
  /** Paths from the application's folder. */
  readonly paths: ReadonlySet<string>;
  /** Those of them that are ours: backups and records that lie within the application. */
  readonly ours: readonly string[];
}

/**
 * Decides what is left out of the archive of an application: the flag of maintenance, and our own backups and
 * records where they lie within it. Undefined when the whole application lies within one of ours.
 *
 * @param ours absolute paths of our folders
 * @param flag the maintenance file, relative to the application or absolute
 */
export function leaveOut(
  appDir: string,
  ours: readonly string[],
  flag: string | undefined,
): LeftOut | undefined {
  const paths = new Set<string>();
  const within: string[] = [];
  for (const folder of ours) {
    const path = fromRoot(appDir, folder);
    if (path === '') return undefined;
    if (path === undefined) continue;
    paths.add(path);
    within.push(path);
  }
  const flagPath = flag === undefined ? undefined : isAbsolute(flag) ? fromRoot(appDir, flag) : flag;
  if (flagPath !== undefined && flagPath !== '') paths.add(flagPath.replace(/^\.\//, ''));
  return { paths, ours: within };
}

/** The path of something from a root, with slashes; undefined when it is not within. */
function fromRoot(root: string, path: string): string | undefined {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}
