import { dirname, join } from 'node:path';
import { isUnder, keptPaths } from '../config/persistent.ts';
import type { Context } from '../core/context.ts';
import { makeFolders, renameSync } from '../system/beneath.ts';
import { fileFailed, makePrivateFolder } from '../system/files.ts';
import { flush } from '../system/flush.ts';
import { isAsListed } from './changes.ts';
import { isCopied } from './copy/late-writes.ts';
import { readReleaseList } from './installed.ts';
import { asideName } from './old-trees.ts';
import { placesOf } from './places.ts';
import { entryAt, walkTree } from './tree.ts';
import type { StagedFacts, SwitchPlan } from './types.ts';

/** Files that were put aside, because the tree that they were written to is removed. */
export interface KeptFiles {
  readonly folder: string;
  /** Relative to it, and to the tree that they were in. */
  readonly paths: readonly string[];
}

/**
 * Puts aside what was written to a new tree while it was in use, once a switch to it was undone and nobody writes to it any
 * more: whatever is not the release's, nor was brought along from the tree that is back. What lies in persistent paths is
 * back with these. May be repeated.
 *
 * @returns undefined where nothing was written
 * @throws MajError `file-failed`
 */
export async function keepWritten(
  context: Context,
  plan: SwitchPlan,
  staged: Pick<StagedFacts, 'folder' | 'list'>,
): Promise<KeptFiles | undefined> {
  const { sinceMs, caughtUpMs = sinceMs } = plan;
  const { live, area } = await placesOf(context);
  if (caughtUpMs === undefined || caughtUpMs === null || live === undefined) return undefined;
  const released = new Map((await readReleaseList(staged.list))?.entries.map((entry) => [entry.path, entry]));
  const kept = keptPaths(context);
  const paths: string[] = [];
  // A name that cannot be read stays behind: nothing may fail over it on the way back.
  const entries = walkTree(
    staged.folder,
    (path) => isUnder(kept, path),
    () => undefined,
  );
  for await (const entry of entries) {
    const { path, type, stamp } = entry;
    if ((type !== 'file' && type !== 'link') || stamp.ctimeMs < caughtUpMs) continue;
    const own = released.get(path);
    if (own !== undefined && (await isAsListed(context, staged.folder, entry, own))) continue;
    if (type === 'link' ? entryAt(live, path)?.target === entry.target : isCopied(live, path, stamp))
      continue;
    paths.push(path);
  }
  if (paths.length === 0) return undefined;
  const folder = join(area, asideName('written', context.clock.now()));
  await makePrivateFolder(folder);
  for (const path of paths) {
    try {
      makeFolders(dirname(join(folder, path)));
      renameSync(join(staged.folder, path), join(folder, path));
    } catch (error) {
      throw fileFailed(join(staged.folder, path), `moved to ${folder}`, error);
    }
  }
  await flush(context, folder);
  return { folder, paths };
}
