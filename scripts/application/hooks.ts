import { inStep, type Context } from '../context.ts';
import { refused } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import { shell } from '../system/processes.ts';
import { outputTail } from './output.ts';

/**
 * Runs APP_DEPENDENCIES_COMMAND in the staged tree, before the switch: what fails here has changed nothing.
 *
 * @returns whether there was a command
 * @throws MajError `hook-failed`
 */
export async function installDependencies(context: Context, staged: string): Promise<boolean> {
  const command = context.config.APP_DEPENDENCIES_COMMAND;
  if (command === undefined) return false;
  await inStep(context, 'install-dependencies', { command }, () =>
    run(context, 'APP_DEPENDENCIES_COMMAND', command, staged),
  );
  return true;
}

/**
 * Runs APP_CACHE_COMMAND in the live tree, after the switch.
 *
 * @returns whether there was a command
 * @throws MajError `hook-failed`
 */
export async function clearCache(context: Context): Promise<boolean> {
  const command = context.config.APP_CACHE_COMMAND;
  if (command === undefined) return false;
  const { live, entry } = await placesOf(context);
  await inStep(context, 'clear-cache', { command }, () =>
    run(context, 'APP_CACHE_COMMAND', command, live ?? entry),
  );
  return true;
}

async function run(context: Context, setting: string, command: string, cwd: string): Promise<void> {
  const exit = await shell(context, command, { cwd });
  if (exit.code !== 0) throw refused('hook-failed', { setting, command, cwd, output: outputTail(exit) });
}
