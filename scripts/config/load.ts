import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import dotenv from 'dotenv';
import { wrongUsage } from '../core/errors.ts';
import { refuseStrangers } from './own-folders.ts';
import { findSlips, parseSettings, type Slip } from './parse.ts';
import { folderOfRecords } from './records-folder.ts';
import { mergeCallerFirst, mergeProjectFirst } from './settings-precedence.ts';
import { isSecret, settingNames, type Config, type SettingName } from './settings.ts';
import { readSettingsFile, readSharedSettings, sharedFileName } from './shared-file.ts';

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

/**
 * What an `.env` says, by name; nothing where it is not there.
 *
 * @throws MajError `settings-unreadable`
 */
export const readEnvFile = (path: string): Readonly<Record<string, string>> =>
  // parse(), not config(): the latter changes process.env and, from version 17 on, prints to the terminal.
  dotenv.parse(readSettingsFile(path) ?? '');

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
  const file = readEnvFile(path);
  const sources = { shared: readSharedSettings(projectDir) ?? {}, file, environment, options };
  const { texts, ignored } =
    deciding === 'project' ? mergeProjectFirst(sources) : { texts: mergeCallerFirst(sources), ignored: [] };
  const parsed = parseSettings(texts, Object.keys(file));
  if (!parsed.ok) throw wrongUsage('settings-invalid', { problems: parsed.problems });
  const exposed = holdsSecret(file) && isOpenToOthers(path) ? path : undefined;
  const slips = findSlips(Object.keys(file));
  return { config: parsed.config, env: withoutSecrets(environment), exposed, ignored, slips };
}

const holdsSecret = (file: Readonly<Record<string, string>>): boolean =>
  settingNames.some((name) => isSecret(name) && (file[name] ?? '') !== '');

const isOpenToOthers = (path: string): boolean => (statSync(path).mode & 0o066) !== 0;

function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const secrets = new Set<string>([...settingNames.filter(isSecret), 'MYSQL_PWD']);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}
