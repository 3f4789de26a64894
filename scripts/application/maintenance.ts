import { mkdir, unlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Config } from '../config/settings.ts';
import type { Context } from '../context.ts';
import { refused, wrongUsage } from '../errors.ts';
import { placesOf } from '../release/places.ts';
import { exists, fileFailed, syncFolder, systemErrorCode, writeDurably } from '../system/files.ts';
import { runCommand } from './commands.ts';
import { outputTail } from './output.ts';

/** Whether users are kept out; `unmanaged` when the settings do not tell how to do that. */
export type MaintenanceState = 'on' | 'off' | 'unmanaged';

const commandNames = ['MAINTENANCE_ON', 'MAINTENANCE_OFF', 'MAINTENANCE_STATUS'] as const;

type Means =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'commands'; readonly on: string; readonly off: string; readonly status: string };

/**
 * How maintenance is switched, by the settings: pure.
 *
 * @throws MajError `maintenance-unclear` when both ways are set, or only some of the three commands;
 *   `maintenance-file-outside` when the file is not in the application
 */
export function maintenanceMeans(config: Config): Means {
  const {
    MAINTENANCE_FILE: file,
    MAINTENANCE_ON: on,
    MAINTENANCE_OFF: off,
    MAINTENANCE_STATUS: status,
  } = config;
  const given = commandNames.filter((name) => config[name] !== undefined);
  if (file !== undefined && given.length > 0)
    throw wrongUsage('maintenance-unclear', { given: ['MAINTENANCE_FILE', ...given], missing: [] });
  if (file !== undefined) {
    const path = posix.normalize(file);
    if (posix.isAbsolute(path) || path === '.' || path.startsWith('..') || path.endsWith('/'))
      throw wrongUsage('maintenance-file-outside', { path: file });
    return { kind: 'file', path };
  }
  if (on !== undefined && off !== undefined && status !== undefined)
    return { kind: 'commands', on, off, status };
  if (given.length === 0) return { kind: 'none' };
  throw wrongUsage('maintenance-unclear', {
    given,
    missing: commandNames.filter((name) => config[name] === undefined),
  });
}

/** The maintenance flag's path in the application; undefined when there is none. */
export function maintenanceFile(config: Config): string | undefined {
  const means = maintenanceMeans(config);
  return means.kind === 'file' ? means.path : undefined;
}

/** Whether the application is in maintenance now. */
export async function maintenanceState(context: Context): Promise<MaintenanceState> {
  const means = maintenanceMeans(context.config);
  if (means.kind === 'none') return 'unmanaged';
  const { live } = await placesOf(context);
  if (means.kind === 'file')
    return live !== undefined && (await exists(join(live, means.path))) ? 'on' : 'off';
  const exit = await runCommand(context, means.status, live === undefined ? {} : { cwd: live });
  // The shell's own: the command was not found, may not be run, or was killed. That is no answer.
  if (exit.ended !== undefined || exit.code === null || exit.code === 126 || exit.code === 127)
    throw refused('maintenance-failed', { command: means.status, output: outputTail(exit) });
  return exit.code === 0 ? 'on' : 'off';
}

/**
 * Switches maintenance on or off, and looks whether it is; fine when it is so already.
 *
 * @param reason what the flag file says of it
 * @throws MajError `maintenance-unmanaged` (exit 2), `maintenance-failed`, `not-installed`
 */
export async function setMaintenance(
  context: Context,
  wanted: 'on' | 'off',
  reason = 'maj maintenance',
): Promise<void> {
  const means = maintenanceMeans(context.config);
  if (means.kind === 'none') throw wrongUsage('maintenance-unmanaged', {});
  const { live, entry } = await placesOf(context);
  if (live === undefined) throw refused('not-installed', { path: entry });
  if (means.kind === 'file') {
    const flag = join(live, means.path);
    return wanted === 'on' ? raiseFlag(context, flag, reason) : takeDownFlag(flag);
  }
  const command = means[wanted];
  const exit = await runCommand(context, command, { cwd: live });
  if (exit.code !== 0 || exit.ended !== undefined)
    throw refused('maintenance-failed', { command, output: outputTail(exit) });
  if ((await maintenanceState(context)) !== wanted)
    throw refused('maintenance-not-so', { command, status: means.status, wanted });
}

/**
 * Puts maintenance on again where it is managed and not on any more: a restart ends what a command began, and the state of
 * it can be in files that were replaced.
 *
 * @throws MajError `maintenance-failed`, `not-installed`
 */
export async function keepClosed(context: Context, reason: string): Promise<void> {
  if ((await maintenanceState(context)) === 'off') await setMaintenance(context, 'on', reason);
}

async function raiseFlag(context: Context, flag: string, reason: string): Promise<void> {
  if (await exists(flag)) return;
  try {
    await mkdir(dirname(flag), { recursive: true });
  } catch (error) {
    throw fileFailed(dirname(flag), 'made', error);
  }
  // The web server has to read it.
  await writeDurably(flag, `${context.clock.now().toISOString()} ${reason}\n`, 0o644);
}

async function takeDownFlag(flag: string): Promise<void> {
  try {
    await unlink(flag);
    await syncFolder(dirname(flag));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileFailed(flag, 'removed', error);
  }
}
