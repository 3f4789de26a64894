import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { reasonOf, wrongUsage } from '../core/errors.ts';
import type { SettingName } from './settings.ts';
import { sharedSettings } from './shared-settings.ts';

/** The name of the file, in the project folder: git tracks it, so that every clone has the same. */
export const sharedFileName = 'maj.config.json';

/** What it says, by name; a list is a text with commas, as everywhere. */
type SharedTexts = Readonly<Partial<Record<SettingName, string>>>;

const item = v.pipe(v.string(), v.regex(/^[^,]*$/, 'no comma in an item of a list'));
const fileSchema = v.pipe(
  v.string(),
  v.parseJson(),
  // For valibot a list is a record as well.
  v.check((value) => !Array.isArray(value), 'an object of settings'),
  v.record(v.string(), v.union([v.string(), v.array(item)])),
);

/**
 * Reads the file that a team shares; undefined where there is none.
 *
 * @throws MajError `settings-unreadable`; `settings-not-shared` for a name that cannot stand there
 */
export function readSharedSettings(projectDir: string): SharedTexts | undefined {
  const path = resolve(projectDir, sharedFileName);
  const text = readSettingsFile(path);
  return text === undefined ? undefined : parseSharedSettings(text, path);
}

/**
 * The same of its text.
 *
 * @param path where that is from, for errors
 */
export function parseSharedSettings(text: string, path: string): SharedTexts {
  const parsed = v.safeParse(fileSchema, text);
  if (!parsed.success) {
    throw wrongUsage('settings-unreadable', { path, reason: v.summarize(parsed.issues) });
  }
  const given = Object.entries(parsed.output).filter(([name]) => name !== '$schema');
  const isShared = (name: string): name is SettingName =>
    (sharedSettings as readonly string[]).includes(name);
  const wrong = given.map(([name]) => name).filter((name) => !isShared(name));
  if (wrong.length > 0)
    throw wrongUsage('settings-not-shared', { path, names: wrong, known: sharedSettings });
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : value.join(',')]),
  );
}

/**
 * The text of a file of settings; undefined where there is none.
 *
 * @throws MajError `settings-unreadable`
 */
export function readSettingsFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw wrongUsage('settings-unreadable', { path, reason: reasonOf(error) }, { cause: error });
  }
}
