import { inStep, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { placesOf, requireInstalled } from '../release/places.ts';
import { installedVersion } from '../release/version.ts';
import { checkCommandUser, outputTail, runCommand } from './commands.ts';
import { checkHealth, type HealthReport } from './health.ts';

/** How the installed application is: for `maj verify app`. */
interface ApplicationReport {
  readonly version: string | null;
  readonly health: HealthReport | undefined;
  /** Whether a smoke test is set, and passed. */
  readonly smoke: boolean;
}

/**
 * Checks that the installed application is well: its health page, then its smoke test.
 *
 * @throws MajError `not-installed`, `health-failed`, `smoke-failed`
 */
export async function checkApplication(context: Context): Promise<ApplicationReport> {
  await requireInstalled(context);
  await checkCommandUser(context);
  const version = await installedVersion(context);
  const health = await checkHealth(context);
  return { version, health, smoke: await runSmoke(context) };
}

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
