import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { logBaseline, newLogErrors } from '../../../scripts/application/logs.ts';
import { Secret } from '../../../scripts/config/types.ts';
import { quoteWords } from '../../../scripts/system/process/shell-words.ts';
import { maj, majCommand } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
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

describe('the password of the database, which an application prints as it fails, is never shown:', () => {
  const password = 'hunter2-and-more';
  const dump = `DB_PASSWORD=${password}`;

  test('neither by a command nor by its smoke test', async () => {
    const { code, stdout, stderr } = await maj(install({}), ['verify', 'app'], {
      env: {
        APP_DIR: '../app',
        DB_PASSWORD: password,
        APP_SMOKE_COMMAND: `printf 'DB_PASSWORD=hun%s; ' ter2-and-more; false`,
      },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('DB_PASSWORD=***;');
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('nor by its health page, also where only its beginning is shown', async () => {
    const page = createServer((_, response) => response.writeHead(500).end(`${'x'.repeat(180)}${dump}`));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const address = page.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const { code, stdout, stderr } = await maj(install({}), ['verify', 'app'], {
      env: {
        APP_DIR: '../app',
        DB_PASSWORD: password,
        APP_HEALTH_URL: `http://127.0.0.1:${port}/`,
        APP_HEALTH_TIMEOUT: '1s',
      },
    });
    page.close();
    expect(code).toBe(3);
    expect(stderr).toContain('xDB_PASSWORD=***');
    expect(stdout + stderr).not.toContain('hunter');
  });

  test('nor by a line of its log', async () => {
    const context = testContext({
      projectDir: install({}),
      config: { APP_DIR: '../app', APP_LOGS: ['error.log'], DB_PASSWORD: new Secret(password) },
    });
    const log = join(context.projectDir, '..', 'app', 'error.log');
    writeFileSync(log, '');
    const baseline = await logBaseline(context);
    writeFileSync(log, `Fatal error: ${dump}\n`);
    expect(await newLogErrors(context, baseline)).toMatchObject([{ line: 'Fatal error: DB_PASSWORD=***' }]);
  });
});
