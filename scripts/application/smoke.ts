import { inStep, type Context } from '../context.ts';
import { refused } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import { runCommand } from './commands.ts';
import { outputTail } from './output.ts';

/**
 * Runs APP_SMOKE_COMMAND in the live tree.
 *
 * @returns whether there was a command
 * @throws MajError `smoke-failed` when it does not exit with 0
 */
export async function runSmoke(context: Context): Promise<boolean> {
  const command = context.config.APP_SMOKE_COMMAND;
  if (command === undefined) return false;
  const { live, entry } = await placesOf(context);
  await inStep(context, 'run-smoke', { command }, async () => {
    const exit = await runCommand(context, command, { cwd: live ?? entry });
    if (exit.code !== 0 || exit.ended !== undefined)
      throw refused('smoke-failed', { command, output: outputTail(exit) });
  });
  return true;
}
