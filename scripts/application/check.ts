import type { Context } from '../context.ts';
import { requireInstalled } from '../release/places.ts';
import { checkCommandUser } from './commands.ts';
import { checkHealth, type HealthReport } from './health.ts';
import { runSmoke } from './smoke.ts';
import { installedVersion } from './version.ts';

/** How the installed application is: for `maj verify app`. */
export interface ApplicationReport {
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
