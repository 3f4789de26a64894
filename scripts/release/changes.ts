import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stopIfInterrupted, type Context } from '../context.ts';
import { readBytesSync } from '../system/beneath.ts';
import { fileFailed } from '../system/files.ts';
import { hashFile } from './checksum.ts';
import type { Compared } from './file-changes.ts';
import type { ReleaseList } from './installed.ts';
import { isUnder } from './persistent.ts';
import { walkTree, type TreeEntry } from './tree.ts';
import type { ReleaseEntry } from './types.ts';

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
