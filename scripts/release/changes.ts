import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isUnder, keptPaths } from '../config/persistent.ts';
import { note, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { hashFile } from '../package/checksum.ts';
import type { ReleaseEntry } from '../package/types.ts';
import { readBytesSync } from '../system/symlink-safe-fs.ts';
import { fileFailed } from '../system/files.ts';
import { showModified } from './copy/edited-files.ts';
import { fileChanges, type Compared } from './file-changes.ts';
import { installedList, type ReleaseList } from './installed.ts';
import { walkTree, type TreeEntry } from './tree.ts';
import type { FileChanges, Places } from './types.ts';

/**
 * Compares the live tree with the list of its release, and with that of the coming one; file contents included.
 *
 * @param kept paths that belong to no release, and are not looked at
 */
export async function compareLive(
  context: Pick<Context, 'signal'>,
  live: string,
  lists: {
    readonly installed: readonly ReleaseEntry[] | undefined;
    readonly coming: readonly ReleaseEntry[];
  },
  kept: readonly string[],
): Promise<readonly Compared[]> {
  const installed = byPath(lists.installed ?? []);
  const coming = byPath(lists.coming);
  const compared: Compared[] = [];
  for await (const entry of walkTree(live, (path) => isUnder(kept, path))) {
    const [released, next] = [installed.get(entry.path), coming.get(entry.path)];
    const sum = once(() => hashOf(context, live, entry));
    compared.push({
      path: entry.path,
      type: entry.type,
      state: released === undefined ? 'unknown' : (await isLike(entry, released, sum)) ? 'same' : 'modified',
      coming: next === undefined ? 'nothing' : (await isLike(entry, next, sum)) ? 'same' : 'other',
      hasOwnMode: hasOwnMode(entry, released),
    });
  }
  return compared;
}

const hasOwnMode = (entry: TreeEntry, released: ReleaseEntry | undefined): boolean =>
  released?.type === 'file' &&
  entry.type === 'file' &&
  released.mode !== undefined &&
  released.mode !== entry.mode;

const byPath = (entries: readonly ReleaseEntry[]): ReadonlyMap<string, ReleaseEntry> =>
  new Map(entries.map((entry) => [entry.path, entry]));

/** A file is read at most once, however often its sum is asked for. */
function once(work: () => Promise<string>): () => Promise<string> {
  let result: Promise<string> | undefined;
  return () => (result ??= work());
}

async function isLike(entry: TreeEntry, other: ReleaseEntry, sum: () => Promise<string>): Promise<boolean> {
  if (entry.type !== other.type) return false;
  if (other.type === 'link') return entry.target === other.target;
  if (other.type === 'folder') return true;
  return entry.bytes === other.bytes && (await sum()) === other.sha256;
}

/** Whether a thing of a tree is what a list has at its path: its content is read where its size does not tell. */
export const isAsListed = (
  context: Pick<Context, 'signal'>,
  root: string,
  entry: TreeEntry,
  listed: ReleaseEntry,
): Promise<boolean> => isLike(entry, listed, () => hashOf(context, root, entry));

/** What a tree holds, hashed. */
export async function listTree(
  context: Pick<Context, 'signal'>,
  root: string,
  skipped: readonly string[],
): Promise<ReleaseEntry[]> {
  const entries: ReleaseEntry[] = [];
  for await (const entry of walkTree(root, (found) => isUnder(skipped, found))) {
    const { path, type, bytes, mode, target } = entry;
    if (type === 'folder') entries.push({ type, path });
    else if (type === 'link') entries.push({ type, path, target: target ?? '' });
    else if (type === 'file')
      entries.push({ type, path, bytes, sha256: await hashOf(context, root, entry), mode });
  }
  return entries;
}

/** Files up to this size are read at once: a stream of its own for each of thousands takes ten times as long. */
const smallBytes = 1_000_000;

async function hashOf(context: Pick<Context, 'signal'>, root: string, entry: TreeEntry): Promise<string> {
  const path = join(root, entry.path);
  if (entry.bytes > smallBytes) return hashFile(context, path);
  stopIfInterrupted(context);
  try {
    return createHash('sha256').update(readBytesSync(path)).digest('hex');
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}

/** The modes that a release gave its files, as far as its list tells. */
export const modesIn = (list: Pick<ReleaseList, 'entries'> | undefined): ReadonlyMap<string, number> =>
  new Map(
    (list?.entries ?? []).flatMap((entry) =>
      entry.type === 'file' && entry.mode !== undefined ? [[entry.path, entry.mode]] : [],
    ),
  );

/** The paths that a list names. */
export const pathsIn = (list: Pick<ReleaseList, 'entries'> | undefined): ReadonlySet<string> =>
  new Set((list?.entries ?? []).map(({ path }) => path));

/**
 * Looks at what an upgrade would do to the files of the application, and what was done to them here, and says so: before
 * anything is changed.
 *
 * @param staged the staged tree
 * @param coming what the new release holds, as its package brings it
 */
export async function reportChanges(
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
