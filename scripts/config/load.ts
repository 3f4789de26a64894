import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import dotenv from 'dotenv';
import { reasonOf, wrongUsage } from '../errors.ts';
import { isSecret, settingNames, type Config, type SettingName } from './settings.ts';
import { parseSettings } from './parse.ts';

/** The settings, and the environment that child processes may see. */
export interface LoadedSettings {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Loads the settings of a project: options over environment over `.env`.
 *
 * @param projectDir the folder that holds `.env`; the file may be absent
 * @param options the settings given on the command line
 * @throws MajError `settings-invalid` with every problem at once; `settings-unreadable` when `.env` cannot be read
 */
export function loadSettings(
  projectDir: string,
  options: Partial<Record<SettingName, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LoadedSettings {
  const file = readDotenv(resolve(projectDir, '.env'));
  const texts: Record<string, string | undefined> = { ...file };
  for (const name of settingNames) {
    const given = environment[name];
    if (given !== undefined && given !== '') texts[name] = given;
  }
  Object.assign(texts, options);
  const parsed = parseSettings(texts, Object.keys(file));
  if (!parsed.ok) throw wrongUsage('settings-invalid', { problems: parsed.problems });
  return { config: parsed.config, env: withoutSecrets(environment) };
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

function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const secrets = new Set<string>([...settingNames.filter(isSecret), 'MYSQL_PWD']);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}
