import { isUnder } from './persistent.ts';
import type { TreeEntry } from './tree.ts';
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
  // Without its list, what has the name of a file of the new release is taken for one of the old release.
  const isDisplaced = (entry: Compared): boolean =>
    (known && entry.coming === 'other') || hasNoPlace(entry.path);
  const leaving = files.filter((entry) => entry.coming === 'nothing' && entry.state !== 'unknown');
  return {
    known,
    added: absent(coming),
    changed: pathsOf(files.filter((entry) => entry.coming === 'other')),
    removed: pathsOf(leaving.filter(({ path }) => !remade.has(path))),
    remade: pathsOf(leaving.filter(({ path }) => remade.has(path))),
    modified: known ? pathsOf(files.filter(({ state }) => state === 'modified')) : [],
    modes: pathsOf(files.filter((entry) => entry.hasOwnMode === true && entry.coming !== 'nothing')),
    deleted: known ? absent(installed) : [],
    displaced: pathsOf(unknown.filter(isDisplaced)),
    carried: pathsOf(unknown.filter((entry) => entry.coming === 'nothing' && !isDisplaced(entry))),
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
