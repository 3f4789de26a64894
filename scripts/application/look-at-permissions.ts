import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import { entryAt, walkTree } from '../release/tree.ts';
import { lstatSync } from '../system/beneath.ts';
import { fileFailed } from '../system/files.ts';
import { accountOf } from '../system/account.ts';
import { capture } from '../system/processes.ts';
import {
  problemsOf,
  reachInto,
  type PermissionProblem,
  type Permissions,
  type Reach,
  type SystemUser,
} from './permissions.ts';

/** Paths with one problem: how many, and the first of them, absolute. */
export interface ProblemPaths {
  readonly count: number;
  readonly first: readonly string[];
}

/** What is wrong with the permissions of the application's files. */
export interface PermissionReport {
  /** The account that the web server was taken to run the application as. */
  readonly user: string;
  readonly problems: Readonly<Record<PermissionProblem, ProblemPaths>>;
  /** Whether there were more files than are looked at. */
  readonly partly: boolean;
}

/** Some seconds: `maj status` is looked at by people. */
const mostEntries = 200_000;
const mostNamed = 10;

/**
 * Looks for files of the application that the web server's account cannot read, or that any account may write to. It
 * decides by owner, group and mode of each and of the folders above it: access control lists are not looked at.
 *
 * @returns undefined where nothing is installed
 * @throws MajError `user-unknown` when APP_USER is no user of this machine
 */
export async function lookAtPermissions(context: Context): Promise<PermissionReport | undefined> {
  const places = await placesOf(context);
  if (places.live === undefined) return undefined;
  const user = await webUser(context, places.live);
  const found: Record<PermissionProblem, string[]> = { unreadable: [], writable: [], exposed: [] };
  const roots = places.releases === undefined ? [places.live] : [places.live, places.persistent];
  let seen = 0;
  for (const root of roots) {
    const reach = new Map<string, Reach>();
    const judge = (path: string, thing: Permissions, above: Reach): void => {
      for (const problem of problemsOf(path, thing, above, user))
        found[problem].push(path === '' ? root : join(root, path));
      if (thing.type === 'folder') reach.set(path, reachInto(above, thing, user));
    };
    const top = entryAt(root, '');
    if (top === undefined) continue;
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
    }
  }
  const { unreadable, writable, exposed } = found;
  return {
    user: user.name,
    problems: { unreadable: some(unreadable), writable: some(writable), exposed: some(exposed) },
    partly: seen >= mostEntries,
  };
}

const some = (paths: readonly string[]): ProblemPaths => ({
  count: paths.length,
  first: paths.slice(0, mostNamed),
});

/** Who can come into a folder, from the root of the file system on. */
function reachOf(folder: string, user: SystemUser): Reach {
  const above = folder === '/' ? { user: true, others: true } : reachOf(dirname(folder), user);
  try {
    const { mode, uid, gid } = lstatSync(folder);
    return reachInto(above, { type: 'folder', mode, uid, gid }, user);
  } catch (error) {
    throw fileFailed(folder, 'looked at', error);
  }
}

/** The account of APP_USER; else Debian's for web servers, where there is one; else that of whoever owns the tree. */
async function webUser(context: Context, live: string): Promise<SystemUser> {
  const wanted = context.config.APP_USER;
  if (wanted !== undefined) {
    const user = await systemUser(context, wanted);
    if (user === undefined) throw wrongUsage('user-unknown', { user: wanted });
    return user;
  }
  const owner = entryAt(live, '')?.uid ?? 0;
  const owning: SystemUser = { name: String(owner), uid: owner, gids: new Set() };
  return (await systemUser(context, 'www-data')) ?? (await systemUser(context, String(owner))) ?? owning;
}

/** An account with the groups that it is in; undefined when the system knows none such. */
async function systemUser(context: Context, name: string): Promise<SystemUser | undefined> {
  const [account, gids] = await Promise.all([
    accountOf(context, name),
    capture(context, 'id', ['-G', '--', name]),
  ]);
  if (account === undefined || gids.code !== 0) return undefined;
  return {
    name: account.name,
    uid: account.uid,
    gids: new Set(gids.stdout.trim().split(' ').map(Number)),
  };
}
