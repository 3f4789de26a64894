import type { Config, SettingName } from '../config/settings.ts';
import { inStep, type Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { placesOf } from '../release/places.ts';
import { capture, findProgram, shell, type Captured } from '../system/process/processes.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import { checkAccounts, lockAccounts, orWithAccounts, unlockAccounts } from './accounts.ts';
import { checkCommandUser, outputTail, runCommand } from './commands.ts';

/** One thing that stops or starts services. */
type Call =
  | { readonly setting: 'APP_STOP_COMMAND' | 'APP_START_COMMAND'; readonly command: string }
  | { readonly setting: 'APP_SERVICES'; readonly verb: 'stop' | 'start'; readonly unit: string };

/**
 * What stops the application's services, and what starts them again, each in order: pure. What the command stops comes
 * first and is started last, for the units may be what it needs.
 *
 * @throws MajError `services-unclear` (exit code 2) where only one of the two commands is set
 */
export function serviceCalls(
  config: Pick<Config, 'APP_SERVICES' | 'APP_STOP_COMMAND' | 'APP_START_COMMAND'>,
): Readonly<Record<'stop' | 'start', readonly Call[]>> {
  const { APP_SERVICES: units = [], APP_STOP_COMMAND: stop, APP_START_COMMAND: start } = config;
  const command = (setting: 'APP_STOP_COMMAND' | 'APP_START_COMMAND', line: string | undefined): Call[] =>
    line === undefined ? [] : [{ setting, command: line }];
  const ofUnits = (verb: 'stop' | 'start', names: readonly string[]): Call[] =>
    names.map((unit) => ({ setting: 'APP_SERVICES', verb, unit }));
  if ((stop === undefined) !== (start === undefined))
    throw wrongUsage('services-unclear', {
      given: stop === undefined ? 'APP_START_COMMAND' : 'APP_STOP_COMMAND',
      missing: stop === undefined ? 'APP_STOP_COMMAND' : 'APP_START_COMMAND',
    });
  return {
    stop: [...command('APP_STOP_COMMAND', stop), ...ofUnits('stop', units)],
    start: [...ofUnits('start', units.toReversed()), ...command('APP_START_COMMAND', start)],
  };
}

/** The settings by which services are stopped and accounts locked; none where nothing is managed. Pure. */
export const serviceSettings = (
  config: Parameters<typeof serviceCalls>[0] & Pick<Config, 'APP_DB_ACCOUNTS'>,
): readonly SettingName[] => [
  ...new Set(serviceCalls(config).stop.map(({ setting }) => setting)),
  ...((config.APP_DB_ACCOUNTS ?? []).length > 0 ? (['APP_DB_ACCOUNTS'] as const) : []),
];

/**
 * Checks, before anything is done, that the services can be stopped and started: that systemctl is there, answers, and
 * knows each unit, that the commands can be run, and the accounts be locked.
 *
 * @throws MajError of `checkCommandUser`, of `checkAccounts`; `services-unclear`, `systemctl-missing`, `systemctl-failed`, `units-unknown`, exit code 2
 */
export async function checkServices(context: Context): Promise<void> {
  const { stop } = serviceCalls(context.config);
  if (stop.some(({ setting }) => setting !== 'APP_SERVICES')) await checkCommandUser(context);
  const units = context.config.APP_SERVICES ?? [];
  await checkAccounts(context);
  if (units.length === 0) return;
  const systemctl = await findSystemctl(context);
  const unknown: string[] = [];
  for (const unit of units) {
    const asked = await capture(context, systemctl, ['show', '--property=LoadState', '--value', '--', unit]);
    if (asked.code !== 0) throw wrongUsage('systemctl-failed', { unit, output: outputTail(asked) });
    if (asked.stdout.trim() === 'not-found') unknown.push(unit);
  }
  if (unknown.length > 0) throw wrongUsage('units-unknown', { units: unknown });
}

/**
 * Stops the application's services, then locks its accounts of the database; fine where that is so already.
 *
 * @returns whether there are any
 * @throws MajError `services-unclear`, `service-failed`; what `runCommand` throws
 */
export async function stopServices(context: Context): Promise<boolean> {
  const areStopped = await orWithAccounts(context, () => callAll(context, 'stop'));
  return (await lockAccounts(context)) || areStopped;
}

/**
 * Unlocks the application's accounts and starts its services; fine where they run already.
 *
 * @throws as `stopServices`
 */
export async function startServices(context: Context): Promise<void> {
  await unlockAccounts(context);
  await callAll(context, 'start');
}

/** @returns whether there is anything to call */
async function callAll(context: Context, verb: 'stop' | 'start'): Promise<boolean> {
  const calls = serviceCalls(context.config)[verb];
  for (const call of calls) {
    const command = await commandOf(context, call);
    await inStep(context, `${verb}-service`, { command }, async () => {
      const exit = await run(context, call, command);
      if (exit.code !== 0 || exit.ended !== undefined)
        throw refused('service-failed', { setting: call.setting, command, output: outputTail(exit) });
    });
  }
  return calls.length > 0;
}

/** A password that systemctl would ask for, nobody would type. */
async function commandOf(context: Context, call: Call): Promise<string> {
  if (call.setting !== 'APP_SERVICES') return call.command;
  return quoteWords([await findSystemctl(context), '--no-ask-password', call.verb, '--', call.unit]);
}

/** Units are the system's, and not code of the application: whoever runs maj has them stopped. */
async function run(context: Context, { setting }: Call, command: string): Promise<Captured> {
  if (setting === 'APP_SERVICES')
    return shell(context, command, { timeoutMs: context.config.APP_COMMAND_TIMEOUT });
  const { live } = await placesOf(context);
  return runCommand(context, command, live === undefined ? {} : { cwd: live });
}

async function findSystemctl(context: Context): Promise<string> {
  const found = await findProgram(context, 'systemctl');
  if (found === undefined) throw wrongUsage('systemctl-missing', {});
  return found;
}
