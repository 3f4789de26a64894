import {
  becomingWords,
  namelessAccount,
  type SystemAccount,
  type Groups,
} from '../system/process/account.ts';

/** Who owns the application: the numbers, and the account where there is one. */
export interface Owner extends Pick<SystemAccount, 'uid' | 'gid'> {
  readonly account: SystemAccount | undefined;
}

/** What decides who runs the application's commands. */
export interface CommandUserFacts {
  /** Who runs maj. */
  readonly own: SystemAccount;
  /** The account of APP_USER; undefined where that is not set. */
  readonly appUser: SystemAccount | undefined;
  readonly owner: Owner;
  /** APP_COMMANDS_AS_ROOT. */
  readonly asRoot: boolean;
}

/** Who runs the application's commands. */
export interface CommandUser {
  readonly account: SystemAccount;
  /** What it comes of: who runs maj, APP_USER, the owner of the application, APP_COMMANDS_AS_ROOT. */
  readonly by: 'own' | 'app-user' | 'owner' | 'as-root';
  /** Whether the process has to become another user, and which supplementary groups it has then. */
  readonly becomes: 'itself' | Groups;
}

/**
 * Who runs the application's commands: pure. Root runs a program of another user for no setting but the one that says so:
 * whoever can write to the application would become root.
 *
 * @returns `root-refused` where APP_USER is root, and the application is not root's
 */
export function commandUserOf(facts: CommandUserFacts): CommandUser | 'root-refused' {
  const { own, appUser, owner, asRoot } = facts;
  if (own.uid !== 0) return { account: own, by: 'own', becomes: 'itself' };
  if (asRoot) return { account: own, by: 'as-root', becomes: 'itself' };
  if (appUser !== undefined) {
    if (appUser.uid !== 0) return { account: appUser, by: 'app-user', becomes: 'with-its-groups' };
    return owner.uid === 0 ? { account: own, by: 'app-user', becomes: 'itself' } : 'root-refused';
  }
  if (owner.uid === 0) return { account: own, by: 'owner', becomes: 'itself' };
  return owner.account === undefined
    ? { account: namelessAccount(owner), by: 'owner', becomes: 'without-groups' }
    : { account: owner.account, by: 'owner', becomes: 'with-its-groups' };
}

/** Kept of the caller's environment: they name no program and no secret. */
const kept = ['LANG', 'TZ'] as const;

/** The whole environment of the application's commands, whoever calls maj from wherever: pure. */
export function commandEnvironment(
  { name, home }: Pick<SystemAccount, 'name' | 'home'>,
  caller: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    HOME: home,
    USER: name,
    LOGNAME: name,
    ...Object.fromEntries(kept.flatMap((name) => (caller[name] === undefined ? [] : [[name, caller[name]]]))),
  };
}

/** The words before a command that make its process the user's; none where it is so already: pure. */
export function commandUserWords(setpriv: string, { account, becomes }: CommandUser): readonly string[] {
  return becomes === 'itself' ? [] : becomingWords(setpriv, account, becomes);
}
