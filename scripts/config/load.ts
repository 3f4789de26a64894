import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import dotenv from 'dotenv';
import { reasonOf, wrongUsage } from '../core/errors.ts';
import { refuseStrangers } from './own-folders.ts';
import { parseSettings } from './parse.ts';
import { isSecret, settingNames, type Config, type SettingName } from './settings.ts';

/** The settings, and the environment that child processes may see. */
export interface LoadedSettings {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of `.env`, where it holds a secret and others than its owner may read or write it. */
  readonly exposed: string | undefined;
}

/**
 * Loads the settings of a project: options over environment over `.env`.
 *
 * @param projectDir the folder that holds `.env`; the file may be absent
 * @param options the settings given on the command line
 * @throws MajError `settings-invalid` with every problem at once; `settings-unreadable` when `.env` cannot be read;
 *   `project-of-another`
 */
export function loadSettings(
  projectDir: string,
  options: Partial<Record<SettingName, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LoadedSettings {
  const path = resolve(projectDir, '.env');
  refuseStrangers(projectDir, [projectDir, path], environment);
  const file = readDotenv(path);
  const texts: Record<string, string | undefined> = { ...file };
  for (const name of settingNames) {
    const given = environment[name];
    if (given !== undefined && given !== '') texts[name] = given;
  }
  Object.assign(texts, options);
  const parsed = parseSettings(texts, Object.keys(file));
  if (!parsed.ok) throw wrongUsage('settings-invalid', { problems: parsed.problems });
  const exposed = holdsSecret(file) && isOpenToOthers(path) ? path : undefined;
  return { config: parsed.config, env: withoutSecrets(environment), exposed };
}

function readDotenv(path: string): Record<string, string> {
  try {
    // parse(), not config(): the latter changes process.env and, from version 17 on, prints to the terminal.
    return dotenv.parse(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw wrongUsage('settings-unreadable', { path, reason: reasonOf(error) }, { cause: error });
  }
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
