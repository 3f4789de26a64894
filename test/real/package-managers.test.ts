import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../scripts/core/exit-codes.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { copyOfRepository } from '../helpers/repository-copy.ts';
import { cached, run } from './cache.ts';

/** A package of npm's registry, installed by itself; the path of a file in it. */
async function fromRegistry(name: string, file: string): Promise<string> {
  const folder = await cached(`npm-${name.replaceAll('/', '-')}`, async (path) => {
    mkdirSync(path, { recursive: true });
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', path, name], { cwd: path });
  });
  return join(folder, 'node_modules', file);
}

const pnpm = (): Promise<string> => fromRegistry('pnpm@10', 'pnpm/bin/pnpm.cjs');
const yarn1 = (): Promise<string> => fromRegistry('yarn@1', 'yarn/bin/yarn.js');
const yarn4 = (): Promise<string> => fromRegistry('@yarnpkg/cli-dist@4', '@yarnpkg/cli-dist/bin/yarn.js');

interface Manager {
  readonly name: string;
  /** Its program, for Node; not given: npm. */
  readonly program?: () => Promise<string>;
  readonly from: 'tarball' | 'git';
  readonly files?: Readonly<Record<string, string>>;
  /** How maj is called; where not given, by its path. */
  readonly call?: readonly string[];
}

const managers: readonly Manager[] = [
  { name: 'npm', from: 'tarball' },
  { name: 'npm, from a git address', from: 'git' },
  { name: 'pnpm', program: pnpm, from: 'tarball' },
  { name: 'yarn 1', program: yarn1, from: 'tarball' },
  {
    name: 'yarn 4 with node_modules',
    program: yarn4,
    from: 'tarball',
    files: { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n' },
  },
  {
    // There is no node_modules then: yarn alone knows where the program is.
    name: 'yarn 4 with Plug’n’Play',
    program: yarn4,
    from: 'tarball',
    files: { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\n' },
    call: ['maj'],
  },
];

const byPath = 'node_modules/.bin/maj';

/** The environment of a user's terminal, without what npm and git have told these tests. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GIT_|npm_)/i.test(name))),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  MAJ_LANG: 'en',
};

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

function called(cwd: string, program: string, words: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd,
    input,
    encoding: 'utf8',
    env: environment,
  });
  return { code: status, said: `${stdout}${stderr}` };
}

function must(cwd: string, program: string, ...words: string[]): string {
  const { code, said } = called(cwd, program, words);
  expect(code, `${program} ${words.join(' ')}: ${said}`).toBe(0);
  return said.trim();
}

const asSomebody = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
const commitAll = (folder: string): void => {
  must(folder, 'git', 'init', '--quiet', '--initial-branch', 'main');
  must(folder, 'git', 'add', '.');
  must(folder, 'git', ...asSomebody, 'commit', '--quiet', '--message', 'Begin');
};

const source = { tarball: '', git: '' };
let version = '';

beforeAll(async () => {
  const copy = await copyOfRepository();
  const folder = temporaryFolder('packed');
  must(copy, 'npm', 'pack', '--silent', '--pack-destination', folder);
  source.tarball = `file:${join(folder, readdirSync(folder)[0] ?? '')}`;
  rmSync(join(copy, 'node_modules'));
  commitAll(copy);
  source.git = `git+file://${copy}`;
  ({ version } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as { version: string });
});

/** A repository with a migration that nobody has rehearsed, and maj installed. */
async function projectOf(manager: Manager): Promise<Project> {
  const folder = temporaryFolder('managed');
  const files = {
    'package.json': JSON.stringify({
      name: 'application',
      private: true,
      devDependencies: { 'maj-kit': source[manager.from] },
    }),
    '.gitignore': 'node_modules\n.env\n.maj\n.pnp.*\n.yarn\n',
    'maj.config.json': '{ "DEPLOY_BRANCH": "deploy" }',
    Makefile: 'all:\ninclude node_modules/maj-kit/maj.mk\n',
    '001_notes.sql': 'CREATE TABLE notes (id INT PRIMARY KEY);\n',
    ...manager.files,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const settings = 'DB_NAME=shop\nDB_USER=me\nDB_SOCKET=/nonexistent\nMIGRATIONS_DIR=.\n';
  writeFileSync(join(folder, '.env'), settings, { mode: 0o600 });
  const program = await manager.program?.();
  const [first, ...before] = program === undefined ? ['npm'] : [process.execPath, program];
  must(folder, first, ...before, 'install');
  commitAll(folder);
  return {
    folder,
    maj: (words, input) =>
      manager.call === undefined
        ? called(folder, byPath, words, input)
        : called(folder, first, [...before, ...manager.call, ...words], input),
  };
}

interface Project {
  readonly folder: string;
  readonly maj: (words: readonly string[], input?: string) => Ran;
}

describe.each(managers)('installed by $name', (manager) => {
  let project: Project;
  beforeAll(async () => {
    project = await projectOf(manager);
  });

  test('maj says its version', () => {
    expect(project.maj(['--version'])).toEqual({ code: 0, said: `${version}\n` });
  });

  test('maj gate refuses what was not rehearsed, and by the lines of git to delete the branch', () => {
    const saying = (text: string): Ran => ({
      code: exitCodes.refused,
      said: expect.stringContaining(text) as string,
    });
    expect(project.maj(['gate', '--commit', 'HEAD'])).toEqual(saying('there is no backup'));
    const deletion = `(delete) ${'0'.repeat(40)} refs/heads/deploy ${'1'.repeat(40)}\n`;
    expect(project.maj(['gate', 'origin', '/remote'], deletion)).toEqual(
      saying('would delete the deploy branch'),
    );
  });

  if (manager.call === undefined)
    test('make finds the program from maj.mk', () => {
      const { said } = called(project.folder, 'make', ['maj-gate', 'ARGS=--commit HEAD']);
      expect(said).toContain('there is no backup');
    });
});

test.each(['10', '12', '16', '18'])('Node %s says which one is needed', async (old) => {
  const node = await fromRegistry(`node@${old}`, 'node/bin/node');
  const folder = temporaryFolder('unpacked');
  must(folder, 'tar', '--extract', '--file', source.tarball.replace('file:', ''));
  const { code, said } = called(folder, node, ['package/dist/maj.js', 'status']);
  expect(code).toBe(exitCodes.refused);
  expect(said).toMatch(/^maj: Node 20\.19 or later is needed, and this is Node \d+\.\d+\.\d+ \(.*\)\.\n$/);
  expect(said).toContain(`Node ${old}.`);
});
