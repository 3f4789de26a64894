import { isAbsolute, relative, sep } from 'node:path';

/** What of a tree does not go into its archive. */
export interface LeftOut {
  /** Paths from the root of the tree. */
  readonly paths: ReadonlySet<string>;
  /** Those of them that are ours: backups and records that lie within the application. */
  readonly ours: readonly string[];
}

/**
 * Decides what is left out of the archive of a tree. Undefined when the whole tree lies within one of our folders.
 *
 * @param ours absolute paths of our own folders
 * @param others absolute paths of what else is not part of the application: the flag of maintenance, old releases
 */
export function leaveOut(
  root: string,
  ours: readonly string[],
  others: readonly string[],
): LeftOut | undefined {
  const own = ours.map((path) => fromRoot(root, path));
  if (own.includes('')) return undefined;
  const within = own.filter((path) => path !== undefined);
  const rest = others.map((path) => fromRoot(root, path)).filter((path) => path !== undefined && path !== '');
  return { paths: new Set([...within, ...rest] as string[]), ours: within };
}

/** The path of something from a root; undefined when it is not within. */
function fromRoot(root: string, path: string): string | undefined {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}
