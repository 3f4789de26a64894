import { describe, expect, test } from 'vitest';
import { npmKeptOptions, optionsKeptByNpm, type NpmCall } from '../../../scripts/cli/npm-options.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';

const options = {
  plan: { type: 'boolean' },
  'roll-back': { type: 'boolean' },
  into: { type: 'string' },
  to: { type: 'string' },
  'db-name': { type: 'string' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** What npm 10.9 and 11.19 set in every call, whatever is on the line. */
const always = {
  npm_config_local_prefix: '/srv',
  npm_config_prefix: '/usr',
  npm_config_noproxy: '',
  npm_config_yes: '',
  npm_config_loglevel: 'silent',
};

const call = (
  config: Readonly<Record<string, string>>,
  more: Partial<Omit<NpmCall, 'environment'>> & { readonly script?: string; readonly command?: string } = {},
): NpmCall => ({
  options,
  verb: 'upgrade',
  words: ['1.1.0'],
  isSetting: () => false,
  ...more,
  environment: {
    ...always,
    npm_command: more.command ?? 'run',
    npm_lifecycle_event: 'upgrade',
    npm_lifecycle_script: more.script ?? 'tsx scripts/maj.ts upgrade',
    ...Object.fromEntries(Object.entries(config).map(([name, value]) => [`npm_config_${name}`, value])),
  },
});
const plan = { parseable: 'true', long: 'true', all: 'true' };

describe('the line that is right instead', () => {
  test.each<[string, NpmCall, string]>([
    ['--plan, which npm takes for four letters', call(plan), 'npm run upgrade -- --plan 1.1.0'],
    ['a name of ours', call({ roll_back: 'true' }, { words: [] }), 'npm run upgrade -- --roll-back'],
    ['a value with =', call({ db_name: 'other' }), 'npm run upgrade -- --db-name other 1.1.0'],
    [
      'a value that npm left among the words',
      call({ into: 'true', ...plan }, { words: ['other'] }),
      'npm run upgrade -- --plan --into other',
    ],
    ['--no-x', call({ roll_back: '' }), 'npm run upgrade -- --no-roll-back 1.1.0'],
    [
      'the beginning of a name of npm’s',
      call({ token_description: '3' }, { words: [] }),
      'npm run upgrade -- --to 3',
    ],
    ['one that npm has as well', call({ dry_run: 'true' }), 'npm run upgrade -- --dry-run 1.1.0'],
    ['and another', call({ yes: 'true', json: 'true' }), 'npm run upgrade -- --yes --json 1.1.0'],
    [
      'a script for every verb',
      call(plan, { script: 'tsx scripts/maj.ts' }),
      'npm run upgrade -- upgrade --plan 1.1.0',
    ],
    [
      'a script that says more itself',
      call(plan, { script: 'maj upgrade 1.1.0 && echo done' }),
      'npm run upgrade -- --plan',
    ],
  ])('%s', (_title, given, command) => {
    expect(npmKeptOptions(given)).toMatchObject({ code: 'npm-kept-options', exitCode: 2 });
    const failure = npmKeptOptions(given);
    expect(failure && describeError(failure, en).hint).toBe(command);
  });
});

test.each<[string, NpmCall]>([
  ['nothing is on the line', call({})],
  ['it came through, behind --', call(plan, { words: ['--plan', '1.1.0'] })],
  ['npm has it from its own settings', call({ yes: 'true', json: 'true' }, { isSetting: () => true })],
  ['npm was told no, as its settings may', call({ yes: '', json: '', dry_run: '' })],
  ['npx was told', call({ yes: 'true', ...plan }, { command: 'exec' })],
  ['it was said to another script, which has called us', call(plan, { script: 'git push' })],
  ['nobody has called npm', { ...call(plan), environment: { npm_config_plan: 'true' } }],
  ['some of the letters are asked for', call({ long: 'true', parseable: 'true' })],
])('nothing was kept where %s', (_title, given) => {
  expect(optionsKeptByNpm(given)).toEqual([]);
  expect(npmKeptOptions(given)).toBeUndefined();
});
