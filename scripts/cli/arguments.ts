import { parseArgs } from 'node:util';
import { isSecret, settingNames, type SettingName } from '../config/settings.ts';
import { reasonOf, wrongUsage } from '../core/errors.ts';
import { optionOf } from './help.ts';
import type { Verb } from './verb.ts';

/** A command line, taken apart. */
export interface ParsedArguments {
  readonly positionals: readonly string[];
  /** The verb's own options. */
  readonly options: Readonly<Record<string, string | boolean>>;
  /** Settings given as options. */
  readonly settings: Partial<Record<SettingName, string>>;
  readonly yes: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly project: string | undefined;
}

const common = {
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  project: { type: 'string' },
} as const;

/** The verb's own options, and those that give settings. */
function ownOptions(verb: Verb): Record<string, { readonly type: 'boolean' | 'string' }> {
  const settings = settingNames
    .filter((name) => !isSecret(name))
    .map((name) => [optionOf(name), { type: 'string' as const }] as const);
  const own = Object.entries(verb.options).map(([name, { type }]) => [name, { type }] as const);
  return Object.fromEntries([...settings, ...own]);
}

/** Every option that a verb takes. */
export const optionsOf = (verb: Verb): Record<string, { readonly type: 'boolean' | 'string' }> => ({
  ...ownOptions(verb),
  ...common,
});

/**
 * Takes the words after the verb apart, strictly: an unknown option is an error.
 *
 * @throws MajError `bad-usage`; `secret-option` for a secret given where others could read it
 */
export function parseArguments(verb: Verb, words: readonly string[]): ParsedArguments {
  for (const name of settingNames.filter(isSecret)) {
    const option = `--${optionOf(name)}`;
    if (words.some((word) => word === option || word.startsWith(`${option}=`))) {
      throw wrongUsage('secret-option', { option, setting: name });
    }
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { ...ownOptions(verb), ...common },
      allowPositionals: true,
      strict: true,
    });
    const given = values as Readonly<Record<string, string | boolean | undefined>>;
    return {
      positionals,
      options: pick(given, Object.keys(verb.options)),
      settings: Object.fromEntries(
        settingNames.flatMap((name) => {
          const value = given[optionOf(name)];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      ),
      yes: values.yes === true,
      json: values.json === true,
      help: values.help === true,
      project: values.project,
    };
  } catch (error) {
    throw wrongUsage('bad-usage', { verb: verb.name, reason: reasonOf(error) }, { cause: error });
  }
}

function pick(
  values: Readonly<Record<string, string | boolean | undefined>>,
  names: readonly string[],
): Record<string, string | boolean> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
