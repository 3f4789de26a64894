import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quoteWords } from '../../scripts/system/process/shell-words.ts';
import { majCommand, startMaj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { releaseEntries, writePackage, writeTree } from '../helpers/packages.ts';

/** script(1), of util-linux, gives a command a terminal of its own. */
const terminalProgram = 'script';

interface Installed {
  readonly project: string;
  readonly version: () => string;
  /** What a run that ended has left of itself: the lock, staged trees. */
  readonly left: () => string[];
}

/** An application without a database, 1.0.0, and a package of 1.1.0. */
function install(settings: Readonly<Record<string, string>> = {}): Installed {
  const root = temporaryFolder('terminal');
  const project = join(root, 'project');
  const app = join(root, 'app');
  writeTree(app, { VERSION: '1.0.0\n' });
  writePackage(join(root, 'packages'), 'app-1.1.0.tar.gz', releaseEntries('1.1.0'));
  mkdirSync(project);
  const all = { APP_DIR: '../app', UPDATE_SOURCE: '../packages', ...settings };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(project, '.env'), lines.join(''));
  const lock = join(project, '.maj', 'lock');
  const area = join(root, '.app.maj');
  return {
    project,
    version: () => readFileSync(join(app, 'VERSION'), 'utf8').trim(),
    left: () => [
      ...(existsSync(lock) ? [lock] : []),
      ...(existsSync(area) ? readdirSync(area).filter((name) => name.startsWith('staged-')) : []),
    ],
  };
}

test.each([
  ['Ctrl-C', '\u0003', 'stty cols 80'],
  ['Ctrl-D', '\u0004', 'stty cols 80'],
  ['“n”', 'n\r', 'stty cols 0'],
])('%s at a question on a terminal is a no, and leaves nothing behind', async (_name, keys, width) => {
  const installed = install();
  const command = `${width}; ${quoteWords([...majCommand, 'apply', '1.1.0'])}`;
  const child = spawn(terminalProgram, ['-qec', command, '/dev/null'], { cwd: installed.project });
  let output = '';
  let answered = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (answered || !output.includes('[y/N]')) return;
    answered = true;
    child.stdin.write(keys);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(output).toContain('the answer was no');
  expect(code).toBe(3);
  expect(installed.version()).toBe('1.0.0');
  expect(installed.left()).toEqual([]);
});

test('who reads the output may go away: the work is done all the same', async () => {
  const installed = install({ APP_DEPENDENCIES_COMMAND: 'sleep 0.3' });
  const { child, ended } = startMaj(installed.project, ['apply', '1.1.0', '--yes']);
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect(await ended).toMatchObject({ code: 0, signal: null });
  expect(installed.version()).toBe('1.1.0');
  expect(installed.left()).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s before anything changed ends the running step, and then the work',
  async (signal) => {
    // It does not end by itself while the test lasts.
    const installed = install({ APP_DEPENDENCIES_COMMAND: 'touch begun; sleep 600' });
    const { child, ended } = startMaj(installed.project, ['apply', '1.1.0', '--yes']);
    while (
      !installed.left().some((name) => existsSync(join(installed.project, '..', '.app.maj', name, 'begun')))
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 130, signal: null });
    expect(installed.version()).toBe('1.0.0');
    expect(installed.left()).toEqual([]);
  },
);
