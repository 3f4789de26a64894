import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { wrongUsage } from '../core/errors.ts';
import { expandEnvFile, parseEnvFile } from './env-file.ts';
import { refuseStrangers } from './own-folders.ts';
import { findSlips, parseSettings, type NoValue, type Slip } from './parse.ts';
import { folderOfRecords } from './records-folder.ts';
import {
  mergeCallerFirst,
  mergeProjectFirst,
  mergeServerFirst,
  type ChosenTexts,
  type Sources,
} from './settings-precedence.ts';
import { isSecret, ruleSettings, settingNames, type Config, type SettingName } from './settings.ts';
import { parseSharedSettings, readSettingsFile, readSharedSettings, sharedFileName } from './shared-file.ts';

/** The settings, and the environment that child processes may see. */
export interface LoadedSettings {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of `.env`, where it holds a secret and others than its owner may read or write it. */
  readonly exposed: string | undefined;
  /** Settings of the environment that do not count. */
  readonly ignored: readonly SettingName[];
  /** Names in `.env` that are near a setting, and none. */
  readonly slips: readonly Slip[];
}

/** Whether a project says anything itself: in `.env`, or in the file that a team shares. */
export const hasSettings = (projectDir: string): boolean =>
  [resolve(folderOfRecords(projectDir), '.env'), resolve(projectDir, sharedFileName)].some((path) =>
    existsSync(path),
  );

/** Who decides where the same setting is given in several places: whoever calls, or the project alone. */
export type Deciding = 'caller' | 'project';

/**
 * Loads the settings of a project: options over environment over `.env` over `maj.config.json`; where the project decides, as
 * `mergeProjectFirst` says.
 *
 * @param projectDir the folder that holds `.env`; the file may be absent
 * @param options the settings given on the command line
 * @throws MajError `settings-invalid` with every problem at once; `settings-unreadable` when a file cannot be read;
 *   `settings-not-shared`; `project-of-another`
 */
export function loadSettings(
  projectDir: string,
  options: Partial<Record<SettingName, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  deciding: Deciding = 'caller',
): LoadedSettings {
  const folder = deciding === 'project' ? folderOfRecords(projectDir) : projectDir;
  const path = resolve(folder, '.env');
  const shared = resolve(projectDir, sharedFileName);
  refuseStrangers(projectDir, [...new Set([projectDir, folder]), shared, path], environment);
  const others = { shared: readSharedSettings(projectDir) ?? {}, environment, options };
  const merge = deciding === 'project' ? mergeProjectFirst : mergeCallerFirst;
  const { config, file, ignored } = settle(path, others, merge, deciding);
  const exposed = holdsSecret(file) && isOpenToOthers(path) ? path : undefined;
  const slips = findSlips(Object.keys(file));
  return { config, env: withoutSecrets(environment), exposed, ignored, slips };
}

/**
 * The settings by which a repository judges what is pushed to it: those of a commit, and before them this machine's own.
 *
 * @param folder has `.env`, or none
 * @param shared `maj.config.json` of the commit, and where that is, for errors
 * @throws MajError `settings-invalid`, `settings-unreadable`, `settings-not-shared`
 */
export function settingsOfCommit(
  folder: string,
  shared: { readonly text: string; readonly path: string } | undefined,
  options: Partial<Record<SettingName, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const said = shared === undefined ? {} : parseSharedSettings(shared.text, shared.path);
  const path = resolve(folder, '.env');
  return settle(path, { shared: said, environment, options }, mergeServerFirst, 'project').config;
}

/** Reads `.env`, and makes settings of it and of what else is said, by a rule for what goes before what. */
function settle(
  path: string,
  sources: Omit<Sources, 'file'>,
  merge: (sources: Sources) => ChosenTexts,
  deciding: Deciding,
): Pick<LoadedSettings, 'config' | 'ignored'> & { readonly file: Sources['file'] } {
  const { environment } = sources;
  const fileFirst = deciding === 'project';
  /** Whether the environment counts for what a line of `.env` asks for: for a rule it says nothing itself either. */
  const isAsked = (of: string): boolean => !(fileFirst && (ruleSettings as readonly string[]).includes(of));
  const { texts: file, missing } = expandEnvFile(
    parseEnvFile(readSettingsFile(path) ?? ''),
    (name, of) => (isAsked(of) ? given(environment, name) : undefined),
    fileFirst,
  );
  const { texts, ignored } = merge({ ...sources, file });
  const unfilled = settingNames.flatMap((name): NoValue[] => {
    const asked = texts[name] === file[name] ? missing.get(name) : undefined;
    if (asked === undefined) return [];
    // A name in a password is a part of it.
    return [{ kind: 'no-value', name, asked: isSecret(name) ? [] : asked, environment: isAsked(name) }];
  });
  const parsed = parseSettings(texts, Object.keys(file));
  const named = new Set(unfilled.map(({ name }) => name));
  const others = parsed.ok
    ? []
    : parsed.problems.filter((problem) => problem.kind !== 'invalid' || !named.has(problem.name));
  const problems = [...unfilled, ...others];
  if (!parsed.ok || problems.length > 0) throw wrongUsage('settings-invalid', { problems });
  return { config: parsed.config, file, ignored };
}

/** What is empty in the environment is not given; nor is what every object of JavaScript has. */
const given = (
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined =>
  Object.hasOwn(environment, name) && environment[name] !== '' ? environment[name] : undefined;

const holdsSecret = (file: Sources['file']): boolean =>
  settingNames.some((name) => isSecret(name) && (file[name] ?? '') !== '');

const isOpenToOthers = (path: string): boolean => (statSync(path).mode & 0o066) !== 0;

function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const secrets = new Set<string>([...settingNames.filter(isSecret), 'MYSQL_PWD']);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}
