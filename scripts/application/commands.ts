import { dirname } from 'node:path';
import { maskSecrets } from '../config/mask-secrets.ts';
import { applicationDir } from '../config/required-settings.ts';
import { commandSettings } from '../config/settings.ts';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { placesOf } from '../release/places.ts';
import { entryAt } from '../release/tree.ts';
import { accountOf, findSetpriv, ownAccount, type SystemAccount } from '../system/process/account.ts';
import { exitText, shell, type Bounds, type Captured } from '../system/process/processes.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import {
  commandEnvironment,
  commandUserOf,
  commandUserWords,
  type CommandUser,
  type Owner,
} from './command-user.ts';

/**
 * Runs a command of the application: as `commandUser` says, in an environment of its own, for APP_COMMAND_TIMEOUT at most.
 * Every command line of the settings that runs the application's code is run here.
 *
 * @returns what it printed, without our secrets
 * @throws MajError of `commandUser`
 */
export async function runCommand(
  context: Context,
  command: string,
  options: { readonly cwd?: string } & Pick<Bounds, 'signal'> = {},
): Promise<Captured> {
  const user = await commandUser(context);
  const environment = { env: commandEnvironment(user.account, context.env) };
  const becoming =
    user.becomes === 'itself' ? [] : commandUserWords(await findSetpriv(context, user.account.name), user);
  // `exec`: the process that is waited for and signalled is the command's own shell.
  const line =
    becoming.length === 0 ? command : `exec ${quoteWords([...becoming, '/bin/sh', '-c', command])}`;
  const exit = await shell(environment, line, { timeoutMs: context.config.APP_COMMAND_TIMEOUT, ...options });
  const masked = (output: string): string => maskSecrets(context.config, output);
  return { ...exit, stdout: masked(exit.stdout), stderr: masked(exit.stderr) };
}

/**
 * Who runs the application's commands, by `commandUserOf`.
 *
 * @throws MajError `user-unknown` when APP_USER is no user of this machine (exit 2), `commands-as-root`
 */
export async function commandUser(context: Context): Promise<CommandUser> {
  const appUser = await appUserOf(context);
  const own = ownAccount();
  const owner = await ownerOf(context);
  const asRoot = context.config.APP_COMMANDS_AS_ROOT === 'yes';
  const user = commandUserOf({ own, appUser, owner, asRoot });
  if (user === 'root-refused')
    throw wrongUsage('commands-as-root', {
      user: appUser?.name ?? '',
      owner: owner.account?.name ?? String(owner.uid),
    });
  return user;
}

async function appUserOf(context: Context): Promise<SystemAccount | undefined> {
  const { APP_USER: name } = context.config;
  if (name === undefined) return undefined;
  const account = await accountOf(context, name);
  if (account === undefined) throw wrongUsage('user-unknown', { user: name });
  return account;
}

/**
 * Checks, before anything is done, that APP_USER is a user and, where there are commands, that they can be run.
 *
 * @throws MajError of `commandUser`; `setpriv-missing`
 */
export async function checkCommandUser(context: Context): Promise<void> {
  await appUserOf(context);
  if (commandSettings.every((name) => context.config[name] === undefined)) return;
  const user = await commandUser(context);
  if (user.becomes !== 'itself') await findSetpriv(context, user.account.name);
}

/**
 * The owner of the live tree. Where that is root, but what leads to the tree (the folder that holds it, a link) is another's:
 * that other, who can put another tree in its place.
 */
async function ownerOf(context: Context): Promise<Owner> {
  const { live, entry } = await placesOf(context);
  const ways = [live, entry, dirname(entry), applicationDir(context)].flatMap((path) => {
    const thing = path === undefined ? undefined : entryAt(path, '');
    return thing === undefined ? [] : [thing];
  });
  const { uid, gid } = ways.find((thing) => thing.uid !== 0) ?? { uid: 0, gid: 0 };
  return { uid, gid, account: uid === 0 ? undefined : await accountOf(context, String(uid)) };
}

const kept = 2000;

/** The end of what a command printed, and how it ended: for the error that reports it. */
export function outputTail(exit: Captured): string {
  const text = [exit.stdout.trim(), exit.stderr.trim()].filter((part) => part !== '').join('\n');
  const how = exit.ended === 'late' ? `${exitText(exit)} (APP_COMMAND_TIMEOUT)` : exitText(exit);
  return [how, text.length > kept ? `…${text.slice(-kept)}` : text].filter((part) => part !== '').join('\n');
}
