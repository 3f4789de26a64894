import { userInfo } from 'node:os';
import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { capture, findProgram, type Captured } from './processes.ts';

/** An account of the system, as its table of users has it. */
export interface SystemAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** What stands for an account where a number has none, as in many containers. */
export const namelessAccount = ({ uid, gid }: Pick<SystemAccount, 'uid' | 'gid'>): SystemAccount => ({
  name: String(uid),
  uid,
  gid,
  home: '/',
});

/**
 * The account of this name or number; undefined when the system has none. The system is asked, for it may know users from
 * elsewhere than its own file.
 */
export async function accountOf(
  context: Pick<Context, 'env'>,
  user: string,
): Promise<SystemAccount | undefined> {
  // One call for each: `id` prints names together with numbers in a form that is not for programs.
  const ask = (option: string): Promise<Captured> => capture(context, 'id', [option, '--', user]);
  const [uid, gid, name] = await Promise.all([ask('-u'), ask('-g'), ask('-un')]);
  if (uid.code !== 0 || gid.code !== 0 || name.code !== 0) return undefined;
  const entry = await capture(context, 'getent', ['passwd', uid.stdout.trim()]);
  return {
    name: name.stdout.trim(),
    uid: Number(uid.stdout),
    gid: Number(gid.stdout),
    // Where there is no such program nobody is made another user.
    home: (entry.code === 0 ? entry.stdout.split(':')[5] : undefined) ?? '/',
  };
}

/** The account that this process runs as. */
export function ownAccount(): SystemAccount {
  const own = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  try {
    const { username, homedir } = userInfo();
    return { ...own, name: username, home: homedir };
  } catch {
    return namelessAccount(own);
  }
}

/** Which supplementary groups a process has once it is another user's. */
export type Groups = 'with-its-groups' | 'without-groups';

/** The words before a command that make its process another user's, for good: pure. */
export const becomingWords = (
  setpriv: string,
  { uid, gid }: Pick<SystemAccount, 'uid' | 'gid'>,
  groups: Groups,
): readonly string[] => [
  setpriv,
  `--reuid=${uid}`,
  `--regid=${gid}`,
  groups === 'with-its-groups' ? '--init-groups' : '--clear-groups',
  '--no-new-privs',
  '--',
];

/**
 * The full path of util-linux' setpriv: that of busybox has not the options that are needed.
 *
 * @param user whom it is for, for the message
 * @throws MajError `setpriv-missing`
 */
export async function findSetpriv(context: Pick<Context, 'env'>, user: string): Promise<string> {
  const path = await findProgram(context, 'setpriv');
  const version = path === undefined ? undefined : await capture(context, path, ['--version']);
  if (path === undefined || version?.stdout.includes('util-linux') !== true)
    throw refused('setpriv-missing', { user });
  return path;
}
