import { isSecret, settingNames, settingOf } from '../config/settings.ts';
import { exitCodes } from '../core/exit-codes.ts';
import { table } from '../core/format.ts';
import type { Messages } from '../messages/catalogue.ts';
import type { ListedVerb, Verb } from './verb.ts';

/** `--db-name`: the option that gives a setting. */
export const optionOf = (settingName: string): string => settingName.toLowerCase().replaceAll('_', '-');

/** What `maj --help` prints. */
export function generalHelp(messages: Messages, verbs: readonly ListedVerb[]): string[] {
  const text = messages.command;
  return [
    text.usage,
    '',
    `${text.verbs}:`,
    ...indented(verbs.map((verb) => [verb.name, verb.summary])),
    '',
    `${text.options}:`,
    ...indented(commonOptions(messages)),
    '',
    `${text.settings}:`,
    ...indented(settingRows(messages)),
    '',
    `${text.exitCodes}:`,
    ...indented(Object.values(exitCodes).map((code) => [String(code), text.exitCodeMeanings[code]])),
    '',
    text.verbHelp,
  ];
}

/** What `maj <verb> --help` prints. */
export function verbHelp(messages: Messages, verb: Verb, { summary }: ListedVerb): string[] {
  const own = Object.entries(verb.options).map(([name, option]) => [
    `--${name}${option.value === undefined ? '' : ` ${option.value}`}`,
    option.help,
  ]);
  return [
    ...verb.usage.map((usage, index) => `${index === 0 ? 'Usage:' : '      '} maj ${usage}`),
    '',
    summary,
    '',
    `${messages.command.options}:`,
    ...indented([...own, ...commonOptions(messages)]),
  ];
}

function commonOptions(messages: Messages): string[][] {
  const text = messages.command;
  return [
    ['--yes', text.optionYes],
    ['--json', text.optionJson],
    ['--project DIR', text.optionProject],
    ['--help', text.optionHelp],
    ['--version', text.optionVersion],
  ];
}

function settingRows(messages: Messages): string[][] {
  return settingNames.map((name) => {
    const { default: fallback } = settingOf(name);
    const shown =
      fallback === undefined || isSecret(name) ? '' : ` (${messages.command.default({ value: fallback })})`;
    return [name, `${messages.settings[name]}${shown}`];
  });
}

const indented = (rows: readonly (readonly string[])[]): string[] => table(rows).map((line) => `  ${line}`);
