import { dirname, join } from 'node:path';
import { isUnder, keptPaths } from '../../config/persistent.ts';
import { warn, type Context } from '../../core/context.ts';
import { makeFolders, renameSync } from '../../system/symlink-safe-fs.ts';
import { fileFailed, makePrivateFolder } from '../../system/files.ts';
import { flush } from '../../system/flush.ts';
import { isAsListed } from '../changes.ts';
import { readReleaseList } from '../installed.ts';
import { asideName } from '../old-trees.ts';
import { placesOf } from '../places.ts';
import { entryAt, walkTree } from '../tree.ts';
import type { StagedFacts, SwitchPlan } from '../types.ts';
import { carriedTargets } from './carried-links.ts';
import { adoptAttributesOf } from './carry-attributes.ts';
import type { GoesAlong } from './complete-staged.ts';
import { adoptOwnersOf, copyInto } from './copy-tree.ts';

/**
 * Looks through the old tree for what was written to it after the new one had been brought up to date: by a program that
 * maintenance did not stop, or one that had a file open. What belongs to no release, and the new tree does not have, is
 * copied, but never through a link in that; the rest is named, and stays in the old tree. What was written before the new
 * one was last brought up to date came along then: where that lacks it now, somebody has removed it since (a cache that was
 * cleared). Done when users are in again: it takes a second for a large tree.
 *
 * @returns the paths that were written to late, relative to the tree
 */
export async function carryLate(
  context: Context,
  goesAlong: GoesAlong,
  plan: SwitchPlan,
): Promise<readonly string[]> {
  const places = await placesOf(context);
  const { live } = places;
  const { kept, sinceMs = null, caughtUpMs = sinceMs } = plan;
  if (live === undefined || kept === null || sinceMs === null || caughtUpMs === null) return [];
  const ours = keptPaths(context);
  const late: string[] = [];
  // The files are switched: nothing may fail over a name any more. Before the switch it would have been refused.
  const unreadable: string[] = [];
  const entries = walkTree(
    kept,
    (found) => isUnder(ours, found),
    (path) => unreadable.push(path),
  );
  for await (const { path, type, stamp } of entries) {
    if ((type !== 'file' && type !== 'link') || stamp.ctimeMs < sinceMs) continue;
    const cameAlong = stamp.ctimeMs < caughtUpMs && goesAlong(path);
    if (!cameAlong && !isCopied(live, path, stamp)) late.push(path);
  }
  const missing = late.filter((path) => goesAlong(path) && isFree(live, path));
  const copied = await copyInto(kept, live, missing, carriedTargets(places, kept));
  adoptOwnersOf(context, live, kept, missing, copied);
  await adoptAttributesOf(context, live, kept, missing, new Set(missing));
  const left = [...late.filter((path) => !missing.includes(path)), ...unreadable];
  if (missing.length + left.length > 0) warn(context, 'files-written-late', { copied: missing, left, kept });
  return [...late, ...unreadable];
}

/**
 * Whether a thing can be put under a path of the tree: nothing is there, and nothing but folders above. A link above, made
 * by the release or by the application, would lead the copy out of the tree.
 */
function isFree(live: string, path: string): boolean {
  if (entryAt(live, path) !== undefined) return false;
  const names = path.split('/');
  return names.every((_, depth) => {
    const above = entryAt(live, names.slice(0, depth).join('/'));
    return above === undefined || above.type === 'folder';
  });
}

/** Whether the other tree has a copy of a file, or is where it was copied from: copies have the same time. */
function isCopied(other: string, path: string, stamp: { bytes: number; mtimeMs: number }): boolean {
  const copy = entryAt(other, path);
  // Times of copies are set to the microsecond.
  return copy?.bytes === stamp.bytes && Math.abs(copy.stamp.mtimeMs - stamp.mtimeMs) < 1;
}

/** Files that were put aside, because the tree that they were written to is removed. */
interface KeptFiles {
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
