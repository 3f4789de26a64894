import { realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A symbolic link whose content is in no backup of the tree that it lies in. */
export interface OutsideLink {
  /** From the root of the tree. */
  readonly path: string;
  /** Where it leads in the end, absolute. */
  readonly leadsTo: string;
}

/**
 * Where a symbolic link leads, if that is a file or folder which does not come into the archive of its tree: one outside of
 * the root, or in what is left out. Links to nothing, or to a device such as `/dev/stderr`, have no content to miss.
 *
 * @param root the root of the tree, absolute and without links
 * @param path of the link, from the root
 * @param leaveOut paths from the root that are not archived
 */
export function outsideLink(
  root: string,
  path: string,
  leaveOut: ReadonlySet<string>,
): OutsideLink | undefined {
  const leadsTo = whatItLeadsTo(join(root, path));
  if (leadsTo === undefined) return undefined;
  const names = relative(root, leadsTo).split('/');
  const isLeftOut = names.some((_, depth) => leaveOut.has(names.slice(0, depth + 1).join('/')));
  return names[0] === '..' || isLeftOut ? { path, leadsTo } : undefined;
}

function whatItLeadsTo(link: string): string | undefined {
  try {
    const stats = statSync(link);
    return stats.isFile() || stats.isDirectory() ? realpathSync.native(link) : undefined;
  } catch {
    // Nothing is there, or nothing that this account may look at.
    return undefined;
  }
}
