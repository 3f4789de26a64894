import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { verbs } from '../../../scripts/verbs.ts';
import { majCommand } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const maj = 'node_modules/.bin/maj';
const include = 'include node_modules/maj-kit/maj.mk\n';

/** A project that has the package, and this Makefile. */
function projectWith(makefile: string): string {
  const folder = temporaryFolder('makefile');
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  mkdirSync(join(folder, 'node_modules', 'maj-kit'));
  copyFileSync(join(repository, 'maj.mk'), join(folder, 'node_modules', 'maj-kit', 'maj.mk'));
  const words = majCommand.map((word) => `'${word}'`).join(' ');
  writeFileSync(join(folder, maj), `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(join(folder, maj), 0o755);
  writeFileSync(join(folder, 'Makefile'), makefile);
  return folder;
}

/** What make prints, errors and warnings included. */
function make(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly code: number | null; readonly said: string } {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(MAKE|MFLAGS|MAJ_COMMAND$)/.test(name));
  const ran = spawnSync('make', ['--no-print-directory', ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...Object.fromEntries(inherited), ...env },
  });
  return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

const own = 'all:\n\t@echo all\nbackup: dump\n\t@echo own backup\ndump:\nmaj-prune:\n\t@echo own prune\n';
const catchAll = 'console:\n\t@echo console $(filter-out $@,$(MAKECMDGOALS))\n%:\n\t@:\n';
const noRule = (name: string): string => `make: *** No rule to make target '${name}'.  Stop.\n`;

/** What a Makefile does with ours at its end and at its top: what `make -n` shows is what would be run. */
const calls: readonly (readonly [its: string, makefile: string, words: string, said: string])[] = [
  ['first target is the default goal', own, '', 'all\n'],
  ['own default goal stays', `.DEFAULT_GOAL := backup\n${own}`, '', 'own backup\n'],
  ['targets of our verbs’ names stay, without a warning', own, 'backup', 'own backup\n'],
  ['targets of our targets’ names stay, without a warning', own, 'maj-prune', 'own prune\n'],
  ['verbs are none of its targets', own, 'restore', noRule('restore')],
  ['catch-all stays', catchAll, 'console migrate', 'console migrate\n'],
  ['VERSION is its own', `VERSION = 9.9\n${own}`, '-n maj-upgrade', `${maj} upgrade  \n`],
  ['ARGS are its own', `ARGS = -v\nexport ARGS\n${own}`, '-n maj-restore', `${maj} restore  \n`],
  [
    'VERSION is that of the command line',
    `VERSION = 9.9\n${own}`,
    '-n maj-upgrade VERSION=2.1.0',
    `${maj} upgrade 2.1.0 \n`,
  ],
  ['VERSION is for an upgrade alone', own, '-n maj-backup VERSION=2.1.0', `${maj} backup  \n`],
  [
    'ARGS are those of the command line',
    `ARGS = -v\n${own}`,
    '-n maj-restore ARGS=--yes',
    `${maj} restore  --yes\n`,
  ],
  [
    'target needs ours',
    `release: maj-backup\n\t@echo release\n${own}`,
    '-n release',
    `${maj} backup  \necho release\n`,
  ],
  ['missing file of our prefix is no verb', `all: maj-data.json\n`, 'maj-data.json', noRule('maj-data.json')],
  ['command is its own', `MAJ_COMMAND = yarn maj\n${own}`, '-n maj-status', 'yarn maj status  \n'],
  ['MAJ is its own', `MAJ = 1\n${own}`, '-n maj-status', `${maj} status  \n`],
  [
    'strict settings do no harm',
    `MAKEFLAGS += -rR --warn-undefined-variables\n.SUFFIXES:\n.DELETE_ON_ERROR:\n${own}`,
    '-n maj-gate',
    `${maj} gate  \n`,
  ],
];

test.each(calls)('a Makefile that includes maj.mk: its %s', (_, text, words, said) => {
  for (const makefile of [`${text}${include}`, `${include}${text}`, `${text}-${include}`]) {
    const given = words === '' ? [] : words.split(' ');
    expect([makefile, make(projectWith(makefile), given).said]).toEqual([makefile, said]);
  }
});

test('the environment decides neither version nor options', () => {
  const said = make(projectWith(include), ['-n', 'maj-upgrade'], { VERSION: '9.9', ARGS: '--yes' }).said;
  expect(said).toBe(`${maj} upgrade  \n`);
});

test('each target runs its verb of the installed program, even beside a file of its name', () => {
  const targets = [...readFileSync(join(repository, 'maj.mk'), 'utf8').matchAll(/^maj-([a-z-]+): *##/gm)];
  const names = targets.map(([, name = '']) => name);
  expect(names).toEqual(expect.arrayContaining(['status', 'upgrade', 'gate']));
  const folder = projectWith(include);
  for (const name of names) {
    const verb = verbs.find((known) => known.name === name);
    writeFileSync(join(folder, `maj-${name}`), '');
    const { code, said } = make(folder, [`maj-${name}`, 'ARGS=--help']);
    expect([name, code, said]).toEqual([name, 0, expect.stringContaining(verb?.summary ?? 'no verb')]);
  }
});

test('our own Makefile calls the same verbs without the prefix', () => {
  const said = (...words: string[]): string => make(repository, ['-n', '-o', 'node_modules', ...words]).said;
  expect(said('upgrade', 'VERSION=2.1.0')).toBe('npm run --silent maj -- upgrade 2.1.0 \n');
  expect(said('restore', 'ARGS=--yes')).toBe('npm run --silent maj -- restore  --yes\n');
  expect(make(repository, ['help']).said).toMatch(/ make upgrade .* make upgrade VERSION=2\.1\.0\.\n/);
});
