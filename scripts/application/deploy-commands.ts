import { inStep, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { refused, MajError } from '../core/errors.ts';
import { copyForDependencies } from '../release/copy/persistent-files.ts';
import { withTreeOwnedBy } from '../release/lend-tree.ts';
import { placesOf } from '../release/places.ts';
import type { Bounds } from '../system/process/processes.ts';
import { unlockAccounts } from './accounts.ts';
import { commandUser, outputTail, runCommand } from './commands.ts';

/**
 * Runs APP_DEPENDENCIES_COMMAND in the staged tree, with copies of the persistent files, before the switch: what fails
 * here has changed nothing. Whoever asks to stop is heard at once.
 *
 * @returns whether there was a command
 * @throws MajError `hook-failed`, `interrupted`, `file-failed`
 */
export async function installDependencies(context: Context, staged: string): Promise<boolean> {
  const command = context.config.APP_DEPENDENCIES_COMMAND;
  if (command === undefined) return false;
  const { account, becomes } = await commandUser(context);
  const lend = (): Promise<void> => copyForDependencies(context, staged);
  const install = (): Promise<void> =>
    inStep(context, 'install-dependencies', { command }, () =>
      run(context, 'APP_DEPENDENCIES_COMMAND', command, staged, { signal: context.signal }),
    );
  if (becomes === 'itself') {
    await lend();
    await install();
  } else await withTreeOwnedBy(staged, account, lend, install);
  return true;
}

/**
 * Runs APP_CACHE_COMMAND in the live tree, after the switch: it may ask the database, so the application's accounts are
 * unlocked first.
 *
 * @returns whether there was a command
 * @throws MajError `hook-failed`
 */
export async function clearCache(context: Context): Promise<boolean> {
  await unlockAccounts(context);
  const command = context.config.APP_CACHE_COMMAND;
  if (command === undefined) return false;
  const { live, entry } = await placesOf(context);
  await inStep(context, 'clear-cache', { command }, () =>
    run(context, 'APP_CACHE_COMMAND', command, live ?? entry),
  );
  return true;
}

/**
 * Runs APP_CACHE_COMMAND on the way back. There a failure is only a warning: files and database are the old ones again,
 * proven so, and what a cache of the new version would break the health check that follows finds. To end in “not rolled
 * back”, with maintenance on, would be wrong by that proof, and nothing that is called again could end it.
 */
export async function clearCacheOnWayBack(context: Context): Promise<void> {
  try {
    await clearCache(context);
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    warn(context, 'cache-not-cleared', { reason: error.message });
  }
}

async function run(
  context: Context,
  setting: string,
  command: string,
  cwd: string,
  bounds: Pick<Bounds, 'signal'> = {},
): Promise<void> {
  const exit = await runCommand(context, command, { cwd, ...bounds });
  if (exit.ended === 'interrupted') stopIfInterrupted(context);
  if (exit.code !== 0 || exit.ended !== undefined)
    throw refused('hook-failed', { setting, command, cwd, output: outputTail(exit) });
}
