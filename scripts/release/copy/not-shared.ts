import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../../core/errors.ts';
import { fileFailed, systemErrorCode } from '../../system/files.ts';
import { entryAt, type TreeEntry } from '../tree.ts';
import type { Places } from '../types.ts';

/** A persistent path of the release that runs, and its place in APP_DIR/shared. */
export interface SharedPlace {
  /** In the release; absolute. */
  readonly path: string;
  readonly shared: string;
  /** What the release has there; undefined: nothing. */
  readonly type: TreeEntry['type'] | undefined;
  /** Where both really lead, links followed; undefined where nothing is. */
  readonly leadsTo: string | undefined;
  readonly sharedLeadsTo: string | undefined;
  /** The release that comes has a link of its own there. */
  readonly comesAsLink: boolean;
}

/** A persistent path that the next release would not have. */
export interface NotShared {
  readonly path: string;
  readonly shared: string;
  /**
   * What puts it right: to move it to `shared`; to link `shared` to where it leads; or, as both are there, to decide by
   * hand which of them stays.
   */
  readonly remedy: 'move' | 'link' | 'decide';
  readonly leadsTo: string;
}

/** The persistent paths that a switch of releases would lose, for releases share only what is in APP_DIR/shared: pure. */
export function notShared(found: readonly SharedPlace[]): readonly NotShared[] {
  return found.flatMap(
    ({ path, shared, type, leadsTo, sharedLeadsTo, comesAsLink }): readonly NotShared[] => {
      if (leadsTo === undefined || leadsTo === sharedLeadsTo) return [];
      if (sharedLeadsTo !== undefined) return [{ path, shared, leadsTo, remedy: 'decide' }];
      if (type !== 'link') return [{ path, shared, leadsTo, remedy: 'move' }];
      return comesAsLink ? [] : [{ path, shared, leadsTo, remedy: 'link' }];
    },
  );
}

/**
 * Checks that the release that runs has its persistent paths in APP_DIR/shared, as one that maj did not install, or one
 * from before a path was added to APP_PERSIST, may not: they would stay behind in it. In place there is nothing to check.
 *
 * @param staged the tree that comes
 * @throws MajError `not-shared`
 */
export async function checkShared(
  places: Places,
  persistent: readonly string[],
  staged: string,
): Promise<void> {
  if (places.releases === undefined || places.live === undefined) return;
  const found: SharedPlace[] = [];
  for (const name of persistent) {
    const [path, shared] = [join(places.live, name), join(places.persistent, name)];
    found.push({
      path,
      shared,
      type: entryAt(places.live, name)?.type,
      leadsTo: await whereTo(path),
      sharedLeadsTo: await whereTo(shared),
      comesAsLink: entryAt(staged, name)?.type === 'link',
    });
  }
  const paths = notShared(found);
  if (paths.length > 0) throw refused('not-shared', { paths });
}

/** Where a path leads, links followed; undefined when nothing is there. */
async function whereTo(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileFailed(path, 'looked at', error);
  }
}
