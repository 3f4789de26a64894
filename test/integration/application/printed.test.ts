import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quoteWords } from '../../../scripts/system/process/shell-words.ts';
import { maj, majCommand } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { releaseEntries, writePackage, writeTree } from '../../helpers/packages.ts';

/** script(1), of util-linux, gives a command a terminal of its own. */
const terminalProgram = 'script';

/** Sets the title of a terminal. */
const setTitle = '\u001b]0;owned\u0007';
// eslint-disable-next-line no-control-regex -- those are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** An application without a database, its version file and one of its files; and a package of 1.1.0. */
function install({ version = '1.0.0\n', file = 'a.txt', folder = 'app' }): string {
  const root = temporaryFolder('printed');
  const project = join(root, 'project');
  writeTree(join(root, folder), { VERSION: version, [file]: 'x' });
  writePackage(join(root, 'packages'), 'app-1.1.0.tar.gz', releaseEntries('1.1.0'));
  mkdirSync(project);
  writeFileSync(join(project, '.env'), `UPDATE_SOURCE=../packages\n`, { mode: 0o600 });
  return project;
}

test.each([
  ['as text', []],
  ['as JSON', ['--json']],
])('a version file cannot send an escape sequence by way of status, %s', async (_, options) => {
  const project = install({ version: `1.0.0${setTitle}\u009b2K\u202e\r` });
  const { stdout, stderr } = await maj(project, ['status', ...options], { env: { APP_DIR: '../app' } });
  expect(stdout).toMatch(/1\.0\.0\\(x1b|u001b)\]0;owned\\(x07|u0007)\\u009b2K\\u202e/);
  expect(stdout + stderr).not.toMatch(obeyed);
});

test('the name of a file can neither send an escape sequence nor add a line by way of a plan', async () => {
  const project = install({ file: `a${setTitle}\u202eb\nok    Everything is fine` });
  const { code, stdout, stderr } = await maj(project, ['apply', '1.1.0', '--plan'], {
    env: { APP_DIR: '../app' },
  });
  expect(code, stderr).toBe(0);
  expect(stderr + stdout).toContain(String.raw`a\x1b]0;owned\x07\u202eb\nok    Everything is fine`);
  expect(stderr + stdout).not.toMatch(obeyed);
  expect(stderr + stdout).not.toMatch(/^ok {4}Everything/m);
});

test('an error that quotes a word of the command line quotes it as what can be shown', async () => {
  const { code, stderr } = await maj(install({}), [`a${setTitle}`]);
  expect(code).toBe(2);
  expect(stderr).toContain(String.raw`a\x1b]0;owned\x07`);
  expect(stderr).not.toMatch(obeyed);
});

test('on a terminal neither the spinner nor the question lets a name send an escape sequence', async () => {
  const folder = `app${setTitle}`;
  const project = install({ folder });
  writePackage(join(project, '..', 'packages'), `${setTitle}.tar.gz`, releaseEntries('1.1.0'));
  const words = ['apply', `../packages/${setTitle}.tar.gz`];
  const command = `stty cols 200; ${quoteWords([...majCommand, ...words])}`;
  const child = spawn(terminalProgram, ['-qec', command, '/dev/null'], {
    cwd: project,
    env: { ...process.env, APP_DIR: `../${folder}` },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const asked = output.includes('[y/N]');
    output += text;
    if (!asked && output.includes('[y/N]')) child.stdin.write('n\r');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const shown = String.raw`\x1b]0;owned\x07`;
  expect(output).toContain(`packages/${shown}.tar.gz`);
  expect(output).toContain(`app${shown} by version 1.1.0?`);
  // The spinner draws with sequences of its own; this is not one.
  expect(output).not.toContain(setTitle);
});
