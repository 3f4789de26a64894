import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { loadSettings, type LoadedSettings } from '../config/load.ts';
import { nearestName } from '../config/nearest-name.ts';
import { parseSettings } from '../config/parse.ts';
import { systemClock } from '../core/clock.ts';
import { warn, type Context } from '../core/context.ts';
import { speakWith, wrongUsage } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import { printable } from '../core/format.ts';
import { errorText, type Messages } from '../messages/catalogue.ts';
import { messagesFor } from '../messages/index.ts';
import { callersFolder, isNpmSetting } from '../system/process/npm.ts';
import { ownVersion } from '../system/process/own-version.ts';
import type { JsonResult } from './json-lines.ts';
import { optionsOf, parseArguments, type ParsedArguments } from './arguments.ts';
import { confirmOnTerminal } from './ask.ts';
import { generalHelp, verbHelp } from './help.ts';
import { npmKeptOptions } from './npm-options.ts';
import { describeFailure, jsonReporter, lineReporter } from './reporter.ts';
import type { ListedVerb, Verb } from './verb.ts';

// Whatever is said goes through these two, the spinner or the question: names, versions, logs and servers are quoted there.
const print = (lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`${printable(lines.join('\n'))}\n`);
};
const printError = (line: string): void => {
  process.stderr.write(`${printable(line)}\n`);
};

/**
 * Runs what a command line asks for, prints what it says, and sets the exit code.
 *
 * @param words the verb and what follows it
 */
export async function runProgram(words: readonly string[], verbs: readonly ListedVerb[]): Promise<void> {
  // Who reads the output may go away (`maj upgrade | head`, a terminal that is closed): no reason to stop half-way.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const messages = messagesFor(process.env['MAJ_LANG'] ?? 'auto', process.env);
  speakWith((code, facts) => errorText(messages, code, facts).message);
  const json = words.includes('--json');
  try {
    const [name, ...rest] = words;
    if (name === undefined) throw wrongUsage('no-verb', {});

    if (name === '--version') print([await ownVersion()]);
    else if (['--help', '-h', 'help'].includes(name)) print(generalHelp(messages, verbs));
    else await runVerb(verbs, name, rest, messages);
  } catch (error) {
    const failure = describeFailure(error, messages);
    if (json) print([JSON.stringify(failure.data)]);
    else printError(`\nmaj: ${failure.lines.join('\n')}`);
    process.exitCode = failure.exitCode;
  }
}

async function runVerb(
  verbs: readonly ListedVerb[],
  name: string,
  words: readonly string[],
  messages: Messages,
): Promise<void> {
  const listed = verbs.find((one) => one.name === name);
  if (listed === undefined) {
    const names = verbs.map((one) => one.name);
    throw wrongUsage('unknown-verb', { verb: name, nearest: nearestName(name, names) });
  }
  const verb = await listed.load();
  const args = parseArguments(verb, words);
  const kept = npmKeptOptions({
    environment: process.env,
    options: optionsOf(verb),
    verb: name,
    words,
    isSetting: (option) => isNpmSetting(option, process.env),
  });
  if (kept !== undefined && !args.help) throw kept;
  if (args.help) print(verbHelp(messages, verb, listed));
  else await act(verb, args, messages);
}

async function act(verb: Verb, args: ParsedArguments, messages: Messages): Promise<void> {
  const projectDir = projectFolder(args.project, verb.deciding === 'project' && isBare('.'));
  const { config, env, exposed, ignored, slips } = verb.needsSettings
    ? loadSettings(projectDir, args.settings, process.env, verb.deciding)
    : withoutSettings();
  const language = config.MAJ_LANG === 'auto' ? messages : messagesFor(config.MAJ_LANG, process.env);
  const interruption = new AbortController();
  const onSignal = (): void => interruption.abort();
  // All end the running step in order; a second one changes nothing. SIGHUP comes when an ssh connection breaks.
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  const context: Context = {
    config,
    projectDir,
    workingDir: callersFolder(process.env, process.cwd()),
    report: await reporter(args.json, language),
    clock: systemClock,
    signal: interruption.signal,
    env,
  };
  if (exposed !== undefined) warn(context, 'settings-exposed', { path: exposed });
  if (slips.length > 0) warn(context, 'settings-near', { slips });
  if (ignored.length > 0) warn(context, 'settings-ignored', { names: ignored });
  const result = await verb.run(context, {
    positionals: args.positionals,
    options: args.options,
    settings: args.settings,
    yes: args.yes,
    confirm: async (question) => {
      if (args.yes) return;
      await confirmOnTerminal(
        typeof question === 'string' ? question : question(language),
        language,
        { input: process.stdin, output: process.stderr },
        context.signal,
      );
    },
    readStdin: () => (process.stdin.isTTY ? Promise.resolve(undefined) : readAll(process.stdin)),
    isWatched: process.stderr.isTTY,
  });
  print(
    args.json
      ? [JSON.stringify({ type: 'result', verb: verb.name, data: result.data } satisfies JsonResult)]
      : result.text(language),
  );
  process.exitCode = result.exitCode ?? 0;
}

async function reporter(json: boolean, messages: Messages): Promise<Report> {
  if (json) return jsonReporter(messages, (line) => print([line]));
  // Some terminals have no width (`docker exec -t`, script): a line that is drawn anew would be cleared for ever there.
  if (!(process.stderr.isTTY && process.stderr.columns > 0)) return lineReporter(messages, printError);
  const { spinnerReporter } = await import('./spinner-reporter.ts');
  return spinnerReporter(messages, printError, () => systemClock.monotonicMs());
}

/** @param inCommit the project may be a folder of commits alone */
function projectFolder(given: string | undefined, inCommit: boolean): string {
  const path = resolve(given ?? '.');
  if (inCommit && !existsSync(path)) return path;
  if (!existsSync(path) || !statSync(path).isDirectory()) throw wrongUsage('no-project', { path });
  return path;
}

/** Whether a folder is a repository without files beside it (gitrepository-layout(5)). */
const isBare = (folder: string): boolean =>
  ['HEAD', 'objects', 'refs'].every((name) => existsSync(resolve(folder, name)));

function withoutSettings(): LoadedSettings {
  const defaults = parseSettings({}, []);
  if (!defaults.ok) throw new Error('the defaults of the settings do not parse');
  return { config: defaults.config, env: process.env, exposed: undefined, ignored: [], slips: [] };
}
