import { isSecretFile } from '../release/secrets.ts';

/** A user as the system knows it: number, and the numbers of all its groups. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
}

/** What decides who may do what with a thing. */
export interface Permissions {
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is wrong with the permissions of a thing in the application. */
export type PermissionProblem =
  /** The web server's account cannot read the file, or enter the folder. */
  | 'unreadable'
  /** Any account of the machine may write to it. */
  | 'writable'
  /** Any account of the machine may read it, though it holds secrets. */
  | 'exposed';

/** Who can come as far as a folder: what its own folders above let through. */
export interface Reach {
  readonly user: boolean;
  readonly others: boolean;
}

const [read, enter] = [4, 1];
/** What is asked for with `allows`: to write. */
export const write = 2;

/**
 * Whether a mode allows a user something. The kernel looks at the first class that fits and at no other: an owner whom
 * the mode denies is denied, though everybody else may.
 */
export function allows(user: SystemUser, { mode, uid, gid }: Permissions, what: number): boolean {
  if (user.uid === 0) return true;
  const shift = user.uid === uid ? 6 : user.gids.has(gid) ? 3 : 0;
  return ((mode >> shift) & what) === what;
}

/** Who can come into a folder, from who can come as far as it. */
export function reachInto(reach: Reach, folder: Permissions, user: SystemUser): Reach {
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
  reach: Reach,
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
