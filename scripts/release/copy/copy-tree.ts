import { dirname, join } from 'node:path';
import { copyFile, modeToGive, setIdBits, type FileNames } from '../../archive/copy-file.ts';
import { warn, type Context } from '../../core/context.ts';
import { chmodSync, lchownSync, makeFolders, symlinkSync } from '../../system/symlink-safe-fs.ts';
import { fileFailed, remove, systemErrorCode } from '../../system/files.ts';
import { runsAsRoot } from '../../system/process/identity.ts';
import { entryAt, walkTree, type TreeEntry } from '../tree.ts';
import { sameTarget, type CarriedTarget } from './carried-links.ts';

/** What a thing was when it was copied: a second look may find another. */
type Original = Pick<TreeEntry, 'type' | 'mode' | 'uid' | 'gid'>;

/** What was copied, by path. */
type Originals = ReadonlyMap<string, Original>;

/**
 * Copies things of one tree to the same places in another, with mode and time, but for setuid and setgid; folders come before what
 * they hold.
 * What is there already is replaced. Several names of one file become several names of one copy. Links may get another target, see `carriedTargets`. The copies have no owner yet: `adoptOwners` and `adoptOwnersOf` give them one, and
 * `adoptAttributes` their attributes.
 */
export async function copyInto(
  from: string,
  to: string,
  paths: readonly string[],
  carriedTarget: CarriedTarget = sameTarget,
): Promise<Originals> {
  const names: FileNames = new Map();
  const originals = new Map<string, Original>();
  for (const path of paths) {
    const entry = entryAt(from, path);
    if (entry === undefined || entry.type === 'other') continue;
    const target = join(to, path);
    const there = entryAt(to, path);
    if (there !== undefined && (entry.type !== 'folder' || there.type !== 'folder')) await remove(target);
    try {
      makeFolders(entry.type === 'folder' ? target : dirname(target));
      if (entry.type === 'link') symlinkSync(carriedTarget(path, entry.target ?? ''), target);
      originals.set(path, entry.type === 'file' ? copyOf(join(from, path), target, names) : entry);
    } catch (error) {
      throw fileFailed(target, 'copied from the installed application', error);
    }
  }
  return originals;
}

function copyOf(from: string, to: string, names: FileNames): Original {
  const { mode, uid, gid } = copyFile(from, to, names);
  return { type: 'file', mode: mode & 0o7777, uid, gid };
}

type Owner = Pick<Original, 'uid' | 'gid'>;

/**
 * Gives everything in the staged tree the owner that it has in the live one, or that the folder which it will lie in
 * has there, and every folder its mode: a web server that could write to a folder still can. Only root can give files
 * away; for others the first refusal is a warning. A file of the release gets no wider a mode than the one in its place has,
 * see `releasedFileMode`, and a new folder none wider than others have here, see `newFolderMode`.
 *
 * @param carried what was copied from the live tree: it has the mode and owner of what was read, too
 * @param released the modes that the installed release gave its files, as far as they are known
 */
export async function adoptOwners(
  context: Context,
  staged: string,
  live: string,
  carried: Originals,
  released: ReadonlyMap<string, number>,
): Promise<void> {
  const top = entryAt(live, '');
  if (top === undefined) return;
  const owners = new Map<string, Owner>([['', top]]);
  const tally: Tally = { refusals: [], disarmed: [] };
  const usual = new Map<string, number>();
  const added: { readonly entry: TreeEntry; readonly owner: Owner }[] = [];
  adopt(staged, entryAt(staged, ''), top, top.mode, tally);
  for await (const entry of walkTree(staged)) {
    const { path, mode } = entry;
    const isCarried = carried.has(path);
    const there = carried.get(path) ?? entryAt(live, path);
    const owner = there ?? owners.get(path.includes('/') ? dirname(path) : '') ?? top;
    if (entry.type === 'folder') owners.set(path, { uid: owner.uid, gid: owner.gid });
    if (entry.type === 'link' || isCarried) {
      adopt(join(staged, path), entry, owner, modeFrom(entry, there, isCarried), tally);
    } else if (there?.type === entry.type) {
      usual.set(likeOf(entry, owner), (usual.get(likeOf(entry, owner)) ?? 0) | there.mode);
      const facts = { mode, installed: there.mode, released: released.get(path) };
      const given = entry.type === 'folder' ? there.mode : releasedFileMode(facts);
      adopt(join(staged, path), entry, owner, given, tally);
    } else added.push({ entry, owner });
  }
  // What is new comes last: it is held against all that has been there.
  for (const { entry, owner } of added) {
    const facts = { mode: entry.mode, usual: usual.get(likeOf(entry, owner)) };
    const mode = entry.type === 'folder' ? newFolderMode(facts) : releasedFileMode(facts);
    adopt(join(staged, entry.path), entry, owner, mode, tally);
  }
  warnOf(context, tally, top.uid);
}

/** What a new thing is held against: those of its kind that the same account and group own. */
const likeOf = ({ type }: TreeEntry, { uid, gid }: Owner): string => `${type} ${uid}:${gid}`;

/** The same for some paths only, and for the folders that they lie in. */
export function adoptOwnersOf(
  context: Context,
  staged: string,
  live: string,
  paths: readonly string[],
  carried: Originals,
): void {
  const tally: Tally = { refusals: [], disarmed: [] };
  for (const path of withFoldersAbove(paths)) {
    const installed = carried.get(path) ?? entryAt(live, path);
    const entry = entryAt(staged, path);
    if (installed === undefined || entry === undefined) continue;
    adopt(join(staged, path), entry, installed, modeFrom(entry, installed, true), tally);
  }
  warnOf(context, tally, entryAt(live, '')?.uid ?? 0);
}

function modeFrom(entry: TreeEntry, installed: Original | undefined, carried: boolean): number {
  if (installed?.type === entry.type && (entry.type === 'folder' || carried)) return installed.mode;
  return entry.type === 'folder' ? newFolderMode(entry) : entry.mode;
}

/** Paths and the folders that they lie in, folders first. */
export function withFoldersAbove(paths: readonly string[]): readonly string[] {
  const all = new Set<string>();
  for (const path of paths)
    for (let above = path; above !== '.' && !all.has(above); above = dirname(above)) all.add(above);
  return [...all].sort();
}

function adopt(
  path: string,
  current: TreeEntry | undefined,
  owner: Owner,
  mode: number,
  { refusals, disarmed }: Tally,
): void {
  if (current === undefined) return;
  const given = current.uid !== owner.uid || current.gid !== owner.gid;
  try {
    if (given) lchownSync(path, owner.uid, owner.gid);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw fileFailed(path, 'given to its owner', error);
    refusals.push(path);
    owner = current;
  }
  if (current.type === 'file' && (mode & setIdBits) !== 0) {
    // As a file of ours, which could not be given away, it would run as us.
    const kept =
      given && owner === current ? mode & ~setIdBits : modeToGive({ ...owner, mode }, runsAsRoot());
    if (kept !== mode) disarmed.push(path);
    mode = kept;
  }
  if (current.type === 'link' || (!given && mode === current.mode)) return;
  try {
    // After the owner: a change of that takes setuid and setgid away, and nobody else's program may run as root till then.
    chmodSync(path, mode);
  } catch (error) {
    throw fileFailed(path, 'given its mode', error);
  }
}

/** What things did not get, by their paths. */
interface Tally {
  /** Their owner. */
  readonly refusals: string[];
  /** Setuid or setgid. */
  readonly disarmed: string[];
}

function warnOf(context: Context, { refusals, disarmed }: Tally, uid: number): void {
  if (disarmed.length > 0) warn(context, 'setuid-not-kept', { paths: disarmed });
  if (refusals[0] !== undefined)
    warn(context, 'owners-not-kept', { count: refusals.length, path: refusals[0], uid });
}

/** Who may read, write and run a file: without setuid, setgid and the sticky bit. */
const anybody = 0o777;
/** The rights to write of everybody but the owner. */
const otherWriters = 0o022;

/** What decides the mode of a file that a release brings. */
interface FileModeFacts {
  /** As the release has it. */
  readonly mode: number;
  /** Of the file that is installed under this path, where there is one. */
  readonly installed?: number | undefined;
  /** As the installed release brought that file, where that is known. */
  readonly released?: number | undefined;
  /** Of a new file: what somebody may do with any of the files here that the same account and group own, where there are some. */
  readonly usual?: number | undefined;
}

/**
 * The mode that a release's file gets: never a wider one than the file in its place has, nor, where it is new, than its like
 * have here. What somebody took away from the mode of the installed release stays away; where that mode is not known,
 * everything that the installed file does not allow. Nobody but the owner may write to a file of the release, unless that
 * was so here: the group is often the web server's. Pure.
 */
export function releasedFileMode({ mode, installed, released, usual }: FileModeFacts): number {
  const writable = mode & ~(otherWriters & ~(installed ?? 0));
  if (installed !== undefined) return writable & ~((released ?? anybody) & ~installed);
  return usual === undefined ? writable : writable & ~narrowing(usual);
}

/**
 * The mode that a new folder of a release gets: nobody but its owner may write to it, for the group is often the web server's, and
 * others may read and enter it only where that holds of some folder here that the same account and group own. Pure.
 */
export function newFolderMode({ mode, usual }: Pick<FileModeFacts, 'mode' | 'usual'>): number {
  return mode & ~otherWriters & ~(0o077 & ~(usual ?? anybody));
}

/** What a new file loses: what none of its like allows. Whoever may read it may run it, if the release says so. */
function narrowing(usual: number): number {
  const unread = ~usual & 0o444;
  return (~usual & 0o666) | (unread >> 2);
}
