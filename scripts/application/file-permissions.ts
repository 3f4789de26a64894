import { dirname, join } from 'node:path';
import { isUnder, keptPaths, persistentPaths } from '../config/persistent.ts';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { isSecretFile } from '../release/hide-secret-lines.ts';
import { placesOf } from '../release/places.ts';
import { entryAt, walkTree, type TreeEntry } from '../release/tree.ts';
import { lstatSync } from '../system/symlink-safe-fs.ts';
import { fileFailed } from '../system/files.ts';
import { accountOf } from '../system/process/account.ts';
import { capture } from '../system/process/processes.ts';

/** Paths with one problem: how many, and the first of them, absolute. */
export interface ProblemPaths {
  readonly count: number;
  readonly first: readonly string[];
}

/** What there is to say of the application's files: who may do what with them, and what is not told of them in the settings. */
export interface FileReport {
  /** The account that the web server was taken to run the application as. */
  readonly user: string;
  /** What it comes of: APP_USER, Debian's name for web servers, the owner of the application. */
  readonly userBy: WebUser['by'];
  readonly problems: Readonly<Record<PermissionProblem, ProblemPaths>>;
  /** The files outside of APP_PERSIST, and how many of them the web server's account may write to. */
  readonly code: { readonly files: number; readonly writable: number };
  /** Paths of APP_PERSIST that are not there. */
  readonly missing: readonly string[];
  /** Folders that look like data and are not in APP_PERSIST. */
  readonly data: readonly DataFolder[];
  /** Whether there were more files than are looked at. */
  readonly partly: boolean;
}

/** Some seconds: `maj status` is looked at by people. */
const mostEntries = 200_000;
const mostNamed = 10;

/**
 * Looks for files of the application that the web server's account cannot read, or that any account may write to, and for
 * folders of data that APP_PERSIST does not name. Who may do what is decided by owner, group and mode of each and of the
 * folders above it: access control lists are not looked at.
 *
 * @returns undefined where nothing is installed
 * @throws MajError `user-unknown` when APP_USER is no user of this machine
 */
export async function auditFiles(context: Context): Promise<FileReport | undefined> {
  const places = await placesOf(context);
  if (places.live === undefined) return undefined;
  const { user, by } = await webUser(context, places.live);
  const found: Record<PermissionProblem, string[]> = { unreadable: [], writable: [], exposed: [] };
  const roots = places.releases === undefined ? [places.live] : [places.live, places.persistent];
  const { APP_PERSIST, APP_VERSION_FILE } = context.config;
  const persistent = persistentPaths(APP_PERSIST);
  const kept = keptPaths(context);
  const code: WrittenFile[] = [];
  let codeWritable = 0;
  let seen = 0;
  for (const root of roots) {
    const reach = new Map<string, UserReach>();
    const judge = (path: string, thing: Permissions, above: UserReach): void => {
      for (const problem of problemsOf(path, thing, above, user))
        found[problem].push(path === '' ? root : join(root, path));
      if (thing.type === 'folder') reach.set(path, reachInto(above, thing, user));
    };
    const top = entryAt(root, '');
    if (top === undefined) continue;
    const above = closedAbove(root, user);
    if (above !== undefined && !found.unreadable.includes(above)) found.unreadable.push(above);
    judge('', top, reachOf(dirname(root), user));
    const entries = walkTree(
      root,
      () => seen >= mostEntries,
      // No matter of permissions; an upgrade refuses it.
      () => undefined,
    );
    for await (const entry of entries) {
      seen += 1;
      const above = entry.path.includes('/') ? dirname(entry.path) : '';
      judge(entry.path, entry, reach.get(above) ?? { user: false, others: false });
      if (root !== places.live || entry.type !== 'file' || isUnder(kept, entry.path)) continue;
      code.push({ path: entry.path, mtimeMs: entry.stamp.mtimeMs });
      if (allows(user, entry, write)) codeWritable += 1;
    }
  }
  const installedMs = entryAt(places.live, APP_VERSION_FILE)?.stamp.ctimeMs;
  const { unreadable, writable, exposed } = found;
  return {
    user: user.name,
    userBy: by,
    problems: { unreadable: some(unreadable), writable: some(writable), exposed: some(exposed) },
    code: { files: code.length, writable: codeWritable },
    missing: persistent.filter((path) => entryAt(places.persistent, path) === undefined),
    data: installedMs === undefined ? [] : dataFolders(code, installedMs),
    partly: seen >= mostEntries,
  };
}

const some = (paths: readonly string[]): ProblemPaths => ({
  count: paths.length,
  first: paths.slice(0, mostNamed),
});

/** Who can come into a folder, from the root of the file system on. */
function reachOf(folder: string, user: SystemUser): UserReach {
  const above = folder === '/' ? { user: true, others: true } : reachOf(dirname(folder), user);
  try {
    const { mode, uid, gid } = lstatSync(folder);
    return reachInto(above, { type: 'folder', mode, uid, gid }, user);
  } catch (error) {
    throw fileFailed(folder, 'looked at', error);
  }
}

/** The highest folder above a tree that does not let a user through. */
function closedAbove(path: string, user: SystemUser): string | undefined {
  const folder = dirname(path);
  if (folder === path) return undefined;
  return closedAbove(folder, user) ?? (reachOf(folder, user).user ? undefined : folder);
}

interface WebUser {
  readonly user: SystemUser;
  readonly by: 'app-user' | 'usual' | 'owner';
}

/** The account of APP_USER; else Debian's for web servers, where there is one; else that of whoever owns the tree. */
async function webUser(context: Context, live: string): Promise<WebUser> {
  const wanted = context.config.APP_USER;
  if (wanted !== undefined) {
    const user = await systemUser(context, wanted);
    if (user === undefined) throw wrongUsage('user-unknown', { user: wanted });
    return { user, by: 'app-user' };
  }
  const usual = await systemUser(context, 'www-data');
  if (usual !== undefined) return { user: usual, by: 'usual' };
  const owner = entryAt(live, '')?.uid ?? 0;
  const owning: SystemUser = { name: String(owner), uid: owner, gids: new Set() };
  return { user: (await systemUser(context, String(owner))) ?? owning, by: 'owner' };
}

/** An account with the groups that it is in; undefined when the system knows none such. */
async function systemUser(context: Context, name: string): Promise<SystemUser | undefined> {
  const [account, gids] = await Promise.all([
    accountOf(context, name),
    capture(context, 'id', ['-G', '--', name]),
  ]);
  if (account === undefined || gids.code !== 0) return undefined;
  const { name: known, uid } = account;
  return { name: known, uid, gids: new Set(gids.stdout.trim().split(' ').map(Number)) };
}

/** A user as the system knows it: number, and the numbers of all its groups. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
}

/** What decides who may do what with a thing. */
export type Permissions = Pick<TreeEntry, 'type' | 'mode' | 'uid' | 'gid'>;

/** What is wrong with the permissions of a thing in the application. */
type PermissionProblem =
  /** The web server's account cannot read the file, or enter the folder. */
  | 'unreadable'
  /** Any account of the machine may write to it. */
  | 'writable'
  /** Any account of the machine may read it, though it holds secrets. */
  | 'exposed';

/** Who can come as far as a folder: what its own folders above let through. */
export interface UserReach {
  readonly user: boolean;
  readonly others: boolean;
}

const [read, enter] = [4, 1];
/** What is asked for with `allows`: to write. */
const write = 2;

/**
 * Whether a mode allows a user something. The kernel looks at the first class that fits and at no other: an owner whom
 * the mode denies is denied, though everybody else may.
 */
function allows(user: SystemUser, { mode, uid, gid }: Permissions, what: number): boolean {
  if (user.uid === 0) return true;
  const shift = user.uid === uid ? 6 : user.gids.has(gid) ? 3 : 0;
  return ((mode >> shift) & what) === what;
}

/** Who can come into a folder, from who can come as far as it. */
export function reachInto(reach: UserReach, folder: Permissions, user: SystemUser): UserReach {
  return {
    user: reach.user && allows(user, folder, enter),
    others: reach.others && (folder.mode & enter) !== 0,
  };
}

/**
 * What is wrong with the permissions of a thing: pure. A folder that the web server cannot enter is reported, and not all
 * that lies in it.
 *
 * @param reach who can come as far as the folder that it lies in
 */
export function problemsOf(
  path: string,
  thing: Permissions,
  reach: UserReach,
  user: SystemUser,
): readonly PermissionProblem[] {
  if (thing.type !== 'file' && thing.type !== 'folder') return [];
  const needed = thing.type === 'file' ? read : enter;
  const problems: PermissionProblem[] = [];
  if (reach.user && !allows(user, thing, needed)) problems.push('unreadable');
  if (reach.others && (thing.mode & write) !== 0) problems.push('writable');
  if (reach.others && thing.type === 'file' && (thing.mode & read) !== 0 && isSecretFile(path))
    problems.push('exposed');
  return problems;
}

/** A file of the application, and when its content was last written (milliseconds). */
interface WrittenFile {
  /** Relative to the application. */
  readonly path: string;
  readonly mtimeMs: number;
}

/** A folder that looks like one of the application's data. */
interface DataFolder {
  /** Relative to the application. */
  readonly folder: string;
  /** Files in it and in the folders below. */
  readonly files: number;
}

/** What is unpacked in the same while as a release has times of that while. */
const installationMs = 10 * 60_000;

/**
 * Folders in which every file was written since the release was installed: uploads, sessions, caches. Of folders in each
 * other only the highest. Pure.
 *
 * @param files the application's files, but for those that are known as data
 * @param installedMs when the release was installed
 * @returns those with most files first
 */
export function dataFolders(files: readonly WrittenFile[], installedMs: number): readonly DataFolder[] {
  const all = new Map<string, number>();
  const since = new Map<string, number>();
  for (const { path, mtimeMs } of files)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      all.set(folder, (all.get(folder) ?? 0) + 1);
      if (mtimeMs > installedMs + installationMs) since.set(folder, (since.get(folder) ?? 0) + 1);
    }
  const isData = (folder: string): boolean => since.get(folder) === all.get(folder);
  return [...since]
    .filter(([folder]) => isData(folder) && (dirname(folder) === '.' || !isData(dirname(folder))))
    .map(([folder, count]) => ({ folder, files: count }))
    .sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1));
}
