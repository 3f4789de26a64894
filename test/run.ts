import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { ensureServerPrograms, installPackages } from '../examples/demo/server-programs.ts';
import { findProgram } from '../scripts/system/process/processes.ts';
import { testContext } from './helpers/context.ts';
import { isRoot } from './helpers/root.ts';

/** `make test`: every check and every test; the last line counts them. Words after it go to vitest. */

interface Outcome {
  passed: number;
  failed: number;
}

/**
 * A check is a test as well: it passes when its command exits with 0. Two rows of them go on at the same time: each check
 * takes one core.
 */
const checks: readonly (readonly (readonly [name: string, command: readonly string[]])[])[] = [
  [['lint', ['eslint', '.']]],
  [
    ['format', ['prettier', '--check', '--log-level', 'warn', '.']],
    ['types', ['tsc', '--noEmit', '-p', '.']],
    ['unused code and packages', ['knip']],
    ['build', ['tsc', '-p', 'tsconfig.build.json']],
    ['build of the public types', ['tsc', '-p', 'tsconfig.types.json']],
    ['package', ['publint', '--strict']],
    ['package, as its types are found', ['attw', '--pack', '.', '--profile', 'esm-only', '--quiet']],
  ],
];

/** Runs a program of node_modules/.bin with our own terminal; its exit code. */
function run(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(join('node_modules', '.bin', program), args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env,
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function runChecks(): Promise<Outcome> {
  const outcome = { passed: 0, failed: 0 };
  const inOrder = async (row: (typeof checks)[number]): Promise<void> => {
    for (const [name, command] of row) {
      // What looks at the package has it packed by npm, which would build once more.
      const ok = (await run(command, { ...process.env, npm_config_ignore_scripts: 'true' })) === 0;
      outcome[ok ? 'passed' : 'failed'] += 1;
      console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}`);
      if (ok && name === 'build') process.env['MAJ_TEST_PROGRAM'] = resolve('dist/maj.js');
    }
  };
  await Promise.all(checks.map(inOrder));
  return outcome;
}

const resultSchema = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  testResults: v.array(v.object({ status: v.string(), assertionResults: v.array(v.unknown()) })),
});

async function runTests(words: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'maj-results-'));
  const file = join(folder, 'results.json');
  try {
    const code = await run([
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...words,
    ]);
    const result = v.parse(v.pipe(v.string(), v.parseJson(), resultSchema), readFileSync(file, 'utf8'));
    // A file that failed to load holds no test of its own; a test that was skipped has shown nothing.
    const brokenFiles = result.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
    const failed = result.numFailedTests + result.numPendingTests + result.numTodoTests + brokenFiles;
    // Errors outside of any test make vitest fail with every test passed.
    return { passed: result.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Servers must be there: without them, or without a flavour that is required, there is nothing to say. */
async function requireServers(): Promise<void> {
  if (process.env['TEST_SERVER_DIRS'] === undefined) await ensureServerPrograms(testContext());
  const { everyServer: found } = await import('./helpers/servers.ts');
  const required = (process.env['TEST_REQUIRED_FLAVOURS'] ?? '').split(',').filter((name) => name !== '');
  const missing = required.filter((flavour) => !found.some((server) => server.flavour === flavour));
  if (found.length === 0 || missing.length > 0) {
    throw new Error(
      `no server program of: ${missing.join(', ') || 'any flavour'}; name their folders in TEST_SERVER_DIRS`,
    );
  }
  console.log(`servers: ${found.map((server) => server.name).join(', ')}`);
}

/** Programs that tests need, by their packages: of signatures, attributes and access control lists. */
const needed = {
  minisign: 'minisign',
  gpg: 'gpg',
  'gpg-agent': 'gpg-agent',
  gpgv: 'gpgv',
  getfattr: 'attr',
  getfacl: 'acl',
};

/** Without them their tests fail. Where they cannot be installed, they say so. */
async function installPrograms(): Promise<void> {
  const context = testContext();
  const missing: string[] = [];
  for (const [program, name] of Object.entries(needed))
    if ((await findProgram(context, program)) === undefined) missing.push(name);
  if (missing.length > 0) await installPackages(context, missing);
}

const words = process.argv.slice(2);
const none: Outcome = { passed: 0, failed: 0 };
const checked = words.length === 0 ? await runChecks() : none;
let tested: Outcome;
try {
  await requireServers();
  await installPrograms();
  if (!isRoot)
    console.log('Not root: tests that mount file systems or give files to other users are left to root.');
  tested = await runTests(words);
} catch (error) {
  console.error(error);
  tested = { passed: 0, failed: 1 };
}
const passed = checked.passed + tested.passed;
const failed = checked.failed + tested.failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && tested.passed > 0 ? 0 : 1;
