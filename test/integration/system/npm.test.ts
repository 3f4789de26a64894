import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { optionsOf } from '../../../scripts/cli/arguments.ts';
import { optionsKeptByNpm } from '../../../scripts/cli/npm-options.ts';
import { verbs } from '../../../scripts/verbs.ts';
import { majCommand } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

/** A project whose script shows the environment that npm makes. */
function showing(): string {
  const folder = temporaryFolder('npm');
  const scripts = { show: 'node show.mjs maj' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts }));
  writeFileSync(
    join(folder, 'show.mjs'),
    'process.stdout.write(JSON.stringify({ environment: process.env, words: process.argv.slice(3) }))',
  );
  return folder;
}

interface Shown {
  environment: Record<string, string>;
  words: string[];
}
const shown = (folder: string, words: readonly string[]): Shown =>
  JSON.parse(
    execFileSync('npm', ['run', '--silent', 'show', ...words], { cwd: folder, encoding: 'utf8' }),
  ) as Shown;

/**
 * Nothing is left of these where npm takes the beginning of a name for the name, since their default is what that sets
 * them to (--commit-hooks, --format-package-lock). `npm run show --help` is npm's own help.
 */
const traceless = new Set(['commit', 'format', 'help']);

test('npm run: every option of every verb that npm keeps is seen', async () => {
  const folder = showing();
  const options: Record<string, { readonly type: 'boolean' | 'string' }> = {};
  for (const { load } of verbs) Object.assign(options, optionsOf(await load()));
  const names = Object.keys(options).filter((name) => !traceless.has(name));
  expect(names).toEqual(
    expect.arrayContaining(['plan', 'to', 'dry-run', 'yes', 'json', 'db-name', 'of-another']),
  );
  const ofType = (type: string): string[] =>
    names.filter((name) => options[name]?.type === type && name !== 'plan');
  const kept = (words: readonly string[]): string[] =>
    optionsKeptByNpm({ ...shown(folder, words), options, verb: 'show', isSetting: () => false })
      .map(({ name }) => name)
      .sort();
  // By itself: the last of its letters takes back a --yes.
  expect(kept(['--plan'])).toEqual(['plan']);
  expect(kept(ofType('boolean').map((name) => `--${name}`))).toEqual(ofType('boolean').sort());
  expect(kept(ofType('string').flatMap((name) => [`--${name}`, 'value']))).toEqual(ofType('string').sort());
  expect(kept(ofType('string').map((name) => `--${name}=value`))).toEqual(ofType('string').sort());
  expect(kept([])).toEqual([]);
});

/** Calls a script of the project that calls us; npm has no settings but those given. */
function npmRun(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly code: number | null; readonly stderr: string } {
  const script = [...majCommand.map((word) => JSON.stringify(word)), 'backups'].join(' ');
  const content = { name: 'x', version: '1.0.0', scripts: { backups: script } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'backups', ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...withoutNpm(process.env), ...env },
  });
  return { code: status, stderr };
}

const withoutNpm = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)));

test.each<[readonly string[], string, Readonly<Record<string, string>>, number]>([
  [['--project', '.'], '', {}, 2],
  [['--json'], '', {}, 2],
  [['--yes'], '', {}, 2],
  [['--yes'], '', { npm_config_yes: '' }, 2],
  [['--yes'], 'yes=false\n', {}, 2],
  [[], 'json=true\nyes=true\n', {}, 0],
  [[], '', { npm_config_json: 'true', NPM_CONFIG_YES: 'true' }, 0],
  [[], '', {}, 0],
  [['--', '--json'], '', {}, 0],
])('npm run with %j, %j in .npmrc and %j in the environment', (words, npmrc, env, code) => {
  const folder = temporaryFolder('npm');
  writeFileSync(join(folder, '.npmrc'), npmrc);
  const run = npmRun(folder, words, env);
  const said = code === 0 ? '' : (expect.stringContaining('npm has kept') as string);
  expect([run.code, run.stderr]).toEqual([code, said]);
});
