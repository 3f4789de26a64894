import type { ErrorTexts } from '../texts.ts';

/** The command line itself: help, usage, and the state that each exit code stands for. */
export const command = {
  /** The state of the system, by exit code. */
  states: {
    0: 'Done.',
    1: 'This is a bug in maj. What had been done is in the journal.',
    2: 'Nothing was changed.',
    3: 'Nothing was changed.',
    4: 'Nothing was changed.',
    5: 'Nothing was changed by this call.',
    6: 'The system is as the unfinished run left it.',
    10: 'Everything is as before, and proven to be.',
    11: 'The system is changed: act now.',
    130: 'Nothing was changed.',
  },
  text: {
    usage: 'Usage: maj <verb> [options]',
    verbs: 'Verbs',
    options: 'Options',
    settings: 'Settings (in .env, in the environment, or as an option such as --db-name)',
    exitCodes: 'Exit codes',
    default: (facts: { value: string }) => `default ${facts.value}`,
    verbHelp: '`maj <verb> --help` tells more of a verb.',
    optionHelp: 'Show this help.',
    optionVersion: 'Print the version of maj.',
    optionJson: 'Print events and the result as JSON, one object a line.',
    optionYes: 'Do not ask.',
    optionProject: 'Folder that holds .env and .maj (default: the current one).',
    state: 'State',
    next: 'Next',
    failed: 'failed',
    warning: 'warning',
    confirm: (facts: { question: string }) => `${facts.question} [y/N] `,
    exitCodeMeanings: {
      0: 'done',
      1: 'unexpected: a bug',
      2: 'wrong usage or settings; nothing changed',
      3: 'refused: a check said no; nothing changed',
      4: 'what was verified is not sound',
      5: 'another run holds the lock',
      6: 'an unfinished run must be resumed or rolled back first',
      10: 'failed, and rolled back: everything is as before',
      11: 'failed, and not rolled back: act now',
      130: 'interrupted before anything changed',
    },
  },
  errors: {
    'no-verb': () => ({ message: 'No verb was given.', hint: '`maj --help` lists them.' }),
    'unknown-verb': (facts) => ({
      message: `There is no verb “${facts.verb}”${facts.nearest === undefined ? '' : `; did you mean “${facts.nearest}”?`}`,
      hint: '`maj --help` lists them.',
    }),
    'bad-usage': (facts) => ({
      message: `${facts.verb}: ${facts.reason}`,
      hint: `\`maj ${facts.verb} --help\` shows what it takes.`,
    }),
    'secret-option': (facts) => ({
      message: `${facts.option} is not an option: others on this machine could read it.`,
      hint: `Put ${facts.setting} into .env or into the environment.`,
    }),
    'npm-kept-options': (facts) => ({
      message: `npm has kept ${facts.options.join(', ')} for itself: without a \`--\` before them, options of \`npm run\` do not reach maj.`,
      hint: facts.command,
    }),
    'no-project': (facts) => ({
      message: `The project folder ${facts.path} is not there.`,
      hint: 'Name one that exists with --project, or leave the option out.',
    }),
    'confirmation-needed': (facts) => ({
      message: `There is no terminal to ask: ${facts.question}`,
      hint: 'Say --yes if that is what you want.',
    }),
    'not-confirmed': () => ({
      message: 'Not done: the answer was no.',
      hint: 'Call it again when you are ready.',
    }),
    interrupted: () => ({ message: 'Interrupted.', hint: 'Call it again when you are ready.' }),
  } satisfies Partial<ErrorTexts>,
};
