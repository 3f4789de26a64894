import type { Context } from '../../scripts/core/context.ts';
import { MajError } from '../../scripts/core/errors.ts';
import { findServerPrograms, type ServerPrograms } from '../../scripts/server/programs.ts';
import { capture, findProgram } from '../../scripts/system/process/processes.ts';
import { DemoFailed, say } from './observe.ts';

/** Programs only: Debian's and Ubuntu's packages with `-core` in their name bring no service and start nothing. */
const packages = ['mariadb-server-core', 'mariadb-client'];

/**
 * The server programs that are there, or, on Debian and Ubuntu as root or with sudo, those that apt then installs.
 *
 * @throws MajError `server-programs-missing` with what to install where, on any other system
 */
export async function ensureServerPrograms(context: Context): Promise<ServerPrograms> {
  const { REHEARSAL_SERVER: where } = context.config;
  try {
    return await findServerPrograms(context, where);
  } catch (error) {
    if (!(error instanceof MajError) || where !== 'auto') throw error;
    if (!(await installPackages(context, packages))) throw error;
    return findServerPrograms(context, where);
  }
}

/**
 * Installs packages of Debian or Ubuntu, as root or with sudo; false where that cannot be done.
 *
 * @throws DemoFailed when apt-get cannot
 */
export async function installPackages(context: Context, wanted: readonly string[]): Promise<boolean> {
  const prefix = await installer(context);
  if (prefix === undefined) return false;
  say(`Install ${wanted.join(' and ')} (programs only, no service)`);
  await install(context, prefix, wanted);
  return true;
}

/** The words before `apt-get` with which it may install; undefined when it is not there or may not. */
async function installer(context: Context): Promise<readonly string[] | undefined> {
  if ((await findProgram(context, 'apt-get')) === undefined) return undefined;
  const who = await capture(context, 'id', ['-u']);
  if (who.stdout.trim() === '0') return [];
  const sudo = await capture(context, 'sudo', ['-n', 'true']);
  return sudo.code === 0 ? ['sudo', '-n'] : undefined;
}

async function install(
  context: Context,
  prefix: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const options = ['install', '-qq', '-y', '--no-install-recommends', ...wanted];
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  for (const args of [['update', '-qq'], options]) {
    const [program = 'env', ...rest] = [...prefix, ...apt, ...args];
    const output = await capture(context, program, rest);
    if (output.code === 0) continue;
    throw new DemoFailed(
      `apt-get could not install ${wanted.join(' and ')}: ${output.stderr.trim().slice(-1000)}\nInstall them by hand: sudo apt-get update && sudo apt-get install ${wanted.join(' ')}`,
    );
  }
}
