import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopIfInterrupted, type Context } from '../context.ts';
import { fileFailed } from '../system/files.ts';
import { hashFile } from './checksum.ts';
import type { ReleaseList } from './installed.ts';
import { isUnder } from './persistent.ts';
import { walkTree, type TreeEntry } from './tree.ts';
import type { FileChanges, ReleaseEntry } from './types.ts';

/** A thing of the live tree, compared with what the installed and the coming release have at its path. */
export interface Compared {
  readonly path: string;
  readonly type: TreeEntry['type'];
  /** As the installed release has it; not so; or unknown to it. */
  readonly state: 'same' | 'modified' | 'unknown';
  /** What the coming release has there. */
  readonly coming: 'nothing' | 'same' | 'other';
  /** It has another mode than the installed release gave it. */
  readonly hasOwnMode?: boolean;
}

/** What the comparison of a live tree is decided from. */
export interface ChangeFacts {
  /** Everything in the live tree but persistent paths; sockets and pipes are left out. */
  readonly live: readonly Compared[];
  /** What the installed release holds; undefined where its list is not known. */
  readonly installed: readonly ReleaseEntry[] | undefined;
  /** What the coming release holds. */
  readonly coming: readonly ReleaseEntry[];
  /** Paths that belong to no release. */
  readonly kept: readonly string[];
  /** What a command made of the installed release, if one will make such things of the coming release, too. */
  readonly remade?: ReadonlySet<string>;
}

/** What becomes of the files of the live tree: pure. */
export function fileChanges(facts: ChangeFacts): FileChanges {
  const { live, installed, coming, kept, remade = new Set() } = facts;
  const things = live.filter(({ type }) => type !== 'other');
  const files = things.filter(({ type }) => type !== 'folder');
  const present = new Set(things.map(({ path }) => path));
  const absent = (entries: readonly ReleaseEntry[]): readonly string[] =>
    pathsOf(
      entries.filter(({ type, path }) => type !== 'folder' && !present.has(path) && !isUnder(kept, path)),
    );
  const known = installed !== undefined;
  const unknown = things.filter(({ state }) => state === 'unknown');
  const hasNoPlace = noPlaceIn(coming);
  const isDisplaced = (entry: Compared): boolean => entry.coming === 'other' || hasNoPlace(entry.path);
  const leaving = files.filter(
    (entry) => entry.coming === 'nothing' && (!known || entry.state !== 'unknown'),
  );
  return {
    known,
    added: absent(coming),
    changed: pathsOf(files.filter((entry) => entry.coming === 'other')),
    removed: pathsOf(leaving.filter(({ path }) => !remade.has(path))),
    remade: pathsOf(leaving.filter(({ path }) => remade.has(path))),
    modified: known ? pathsOf(files.filter(({ state }) => state === 'modified')) : [],
    modes: pathsOf(files.filter((entry) => entry.hasOwnMode === true && entry.coming !== 'nothing')),
    deleted: known ? absent(installed) : [],
    displaced: known ? pathsOf(unknown.filter(isDisplaced)) : [],
    carried: known
      ? pathsOf(unknown.filter((entry) => entry.coming === 'nothing' && !isDisplaced(entry)))
      : [],
  };
}

/** Tells which paths a release leaves no place for: they lie below what is a file or a link in it. */
export function noPlaceIn(coming: readonly ReleaseEntry[]): (path: string) => boolean {
  const taken = new Set(pathsOf(coming.filter(({ type }) => type !== 'folder')));
  return (path) => {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      if (taken.has(path.slice(0, end))) return true;
    return false;
  };
}

const pathsOf = (entries: readonly { readonly path: string }[]): string[] =>
  entries.map(({ path }) => path).sort();

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
    return createHash('sha256').update(readFileSync(path)).digest('hex');
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
