import { join } from 'node:path';
import type { Context } from '../context.ts';
import { hashFile } from './checksum.ts';
import type { ReleaseList } from './installed.ts';
import { isUnder } from './persistent.ts';
import { walkTree, type TreeEntry } from './tree.ts';
import type { LocalChanges, ReleaseEntry } from './types.ts';

/** A thing of the live tree, compared with what the installed release has at its path. */
export interface Compared {
  readonly path: string;
  readonly type: TreeEntry['type'];
  /** As the release has it; not so; or unknown to the release. */
  readonly state: 'same' | 'modified' | 'unknown';
}

/**
 * What the installed tree holds beyond or unlike its release: pure.
 *
 * @param live everything in the live tree but persistent paths; sockets and pipes are left out
 * @param known whether the release's own list is known: without it nothing can be told apart
 * @param coming whether the new release has something at a path
 */
export function localChanges(
  live: readonly Compared[],
  known: boolean,
  coming: (path: string) => boolean,
): LocalChanges {
  const things = live.filter((entry) => entry.type !== 'other');
  const unknown = things.filter((entry) => entry.state === 'unknown' && !coming(entry.path));
  return {
    known,
    modified: known ? things.filter((entry) => entry.state === 'modified').map((entry) => entry.path) : [],
    carried: known ? unknown.map((entry) => entry.path) : [],
    leftBehind: known
      ? things.filter((entry) => entry.state !== 'unknown' && entry.type !== 'folder' && !coming(entry.path))
          .length
      : unknown.filter((entry) => entry.type !== 'folder').length,
  };
}

/** Compares the live tree with the list of its release, file contents included. */
export async function compareLive(
  context: Context,
  live: string,
  list: ReleaseList | undefined,
  persistent: readonly string[],
): Promise<readonly Compared[]> {
  const entries = new Map((list?.entries ?? []).map((entry) => [entry.path, entry]));
  const compared: Compared[] = [];
  for await (const entry of walkTree(live, (path) => isUnder(persistent, path))) {
    const released = entries.get(entry.path);
    const state =
      released === undefined
        ? 'unknown'
        : (await isAsReleased(context, live, entry, released))
          ? 'same'
          : 'modified';
    compared.push({ path: entry.path, type: entry.type, state });
  }
  return compared;
}

async function isAsReleased(
  context: Context,
  live: string,
  entry: TreeEntry,
  released: ReleaseEntry,
): Promise<boolean> {
  if (entry.type !== released.type) return false;
  if (released.type === 'link') return entry.target === released.target;
  if (released.type === 'folder') return true;
  return (
    entry.bytes === released.bytes && (await hashFile(context, join(live, entry.path))) === released.sha256
  );
}

/** What a tree holds, hashed. */
export async function listTree(
  context: Context,
  root: string,
  skipped: readonly string[],
): Promise<ReleaseEntry[]> {
  const entries: ReleaseEntry[] = [];
  for await (const { path, type, bytes, target } of walkTree(root, (found) => isUnder(skipped, found))) {
    if (type === 'folder') entries.push({ type, path });
    else if (type === 'link') entries.push({ type, path, target: target ?? '' });
    else if (type === 'file')
      entries.push({ type, path, bytes, sha256: await hashFile(context, join(root, path)) });
  }
  return entries;
}
