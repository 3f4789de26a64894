import { note, warn, type Context } from '../context.ts';
import { compareLive } from './changes.ts';
import { fileChanges } from './file-changes.ts';
import { installedList } from './installed.ts';
import { keptPaths } from './kept-paths.ts';
import { showModified } from './originals.ts';
import type { FileChanges, Places, ReleaseEntry } from './types.ts';

/**
 * Looks at what an upgrade would do to the files of the application, and what was done to them here, and says so: before
 * anything is changed.
 *
 * @param staged the staged tree
 * @param coming what the new release holds, as its package brings it
 */
export async function lookAtChanges(
  context: Context,
  places: Places,
  previous: string | null,
  staged: string,
  coming: readonly ReleaseEntry[],
): Promise<FileChanges> {
  const kept = keptPaths(context);
  if (places.live === undefined) return fileChanges({ live: [], installed: [], coming, kept });
  const list = previous === null ? undefined : await installedList(context, previous);
  const lists = { installed: list?.entries, coming };
  const live = await compareLive(context, places.live, lists, kept);
  // The coming list is of the package alone: what the command will make of it is not known yet.
  const remade = context.config.APP_DEPENDENCIES_COMMAND === undefined ? [] : (list?.made ?? []);
  const changes = fileChanges({ live, ...lists, kept, remade: new Set(remade) });
  const { modified, displaced, carried } = changes;
  note(context, 'files-compared', changes);
  if (list !== undefined && modified.length > 0) {
    const files = await showModified(context, places.live, list, staged, modified);
    warn(context, 'files-modified', { paths: modified, files });
  }
  if (displaced.length > 0) warn(context, 'files-displaced', { paths: displaced });
  if (carried.length > 0 && changes.known) note(context, 'files-carried', { paths: carried });
  if (carried.length > 0 && !changes.known)
    warn(context, 'release-unknown', { installed: previous, paths: carried });
  return changes;
}
