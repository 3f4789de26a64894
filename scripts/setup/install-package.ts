import { inStep, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { gitEnvironment } from '../system/process/git.ts';
import { capture } from '../system/process/processes.ts';
import { ownVersion } from '../system/process/own-version.ts';
import { addingMaj } from './detect.ts';
import { installationOf } from './project.ts';

/**
 * Installs maj in a project that was called from elsewhere (`npx maj-kit init`): its hook needs a place to start from.
 *
 * @throws MajError `init-install`
 */
export async function installPackage(
  context: Context,
  confirm: (command: string) => Promise<void>,
): Promise<void> {
  const { isThere, packageManager } = await installationOf(context);
  if (isThere) return;
  const [program, ...args] = addingMaj(packageManager, `@^${await ownVersion()}`);
  const command = [program, ...args].join(' ');
  await confirm(command);
  await inStep(context, 'init-install', { command }, async () => {
    const { code, stderr, stdout } = await capture(gitEnvironment(context), program, args, {
      cwd: context.projectDir,
    });
    if (code !== 0)
      throw refused('init-install', { command, output: `${stderr}${stdout}`.trim().slice(-2000) });
  });
}
