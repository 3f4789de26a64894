import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import type { Account } from './account.ts';
import { capture, findProgram } from './processes.ts';

/** Which supplementary groups a process has once it is another user's. */
export type Groups = 'with-its-groups' | 'without-groups';

/** The words before a command that make its process another user's, for good: pure. */
export const becomingWords = (
  setpriv: string,
  { uid, gid }: Pick<Account, 'uid' | 'gid'>,
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
