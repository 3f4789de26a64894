import { dirname } from 'node:path';
import { isUnder } from '../config/persistent.ts';
import type { ReleaseEntry } from '../package/types.ts';
import type { TreeEntry } from './tree.ts';
import type { FileChanges } from './types.ts';

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
interface ChangeFacts {
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

/** Things of one folder that something is said of. */
export interface FolderOfFiles {
  /** Relative to the tree; empty for its top. */
  readonly folder: string;
  /** How many files and links; an empty folder counts as one. */
  readonly files: number;
  /** Whether those in the folders below are among them; else they lie right in it. */
  readonly deep: boolean;
}

/**
 * The folders that paths lie in, so that two thousand paths are said in a few lines: pure. A folder that is among the paths
 * stands for all that lies in it. Where there are too many folders, those that lie in one are counted together there, so that a
 * folder of two files is not lost behind two hundred of libraries.
 *
 * @param paths relative to a tree; a folder among them comes with all that it holds
 * @param most how many folders there should be at most; those right at the top stay apart
 * @returns the folders with most files first
 */
export function byFolder(paths: readonly string[], most = Infinity): readonly FolderOfFiles[] {
  const folders = new Set(paths.map(above).filter((folder) => folder !== ''));
  const whole = new Set(paths.filter((path) => folders.has(path)));
  const counts = new Map<string, number>();
  for (const path of paths) {
    if (whole.has(path)) continue;
    const folder = highestAbove(path, whole) ?? above(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const found = [...counts].map(([folder, files]) => ({ folder, files, deep: whole.has(folder) }));
  return together(found, most).sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1));
}

/**
 * Counts folders together that lie in one, until there are few enough: in the folder that does with the fewest of them, and of
 * such the deepest; where none alone does, in the one with most.
 */
function together(found: readonly FolderOfFiles[], most: number): FolderOfFiles[] {
  let folders = [...found];
  while (folders.length > most) {
    const lying = new Map<string, number>();
    for (const { folder } of folders)
      for (let at = folder; at !== ''; at = above(at)) lying.set(at, (lying.get(at) ?? 0) + 1);
    const tooMany = folders.length - most;
    const [into] = [...lying]
      .filter(([, count]) => count > 1)
      .sort(([a, many], [b, more]) => {
        const [enough, other] = [many > tooMany, more > tooMany];
        if (enough !== other) return enough ? -1 : 1;
        return (enough ? many - more : more - many) || b.length - a.length;
      });
    if (into === undefined) break;
    const isIn = ({ folder }: FolderOfFiles): boolean =>
      folder === into[0] || folder.startsWith(`${into[0]}/`);
    const files = folders.filter(isIn).reduce((sum, one) => sum + one.files, 0);
    folders = [...folders.filter((one) => !isIn(one)), { folder: into[0], files, deep: true }];
  }
  return folders;
}

/** The highest of these folders that a path lies in. */
function highestAbove(path: string, folders: ReadonlySet<string>): string | undefined {
  let highest: string | undefined;
  for (let folder = above(path); folder !== ''; folder = above(folder))
    if (folders.has(folder)) highest = folder;
  return highest;
}

function above(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
