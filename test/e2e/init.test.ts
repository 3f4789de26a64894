import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CliRun } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { repositoryAt, type GateRepository } from '../helpers/gate-repository.ts';
import { must, packInto, run } from '../helpers/installed-package.ts';
import { writeTree } from '../helpers/packages.ts';
import { clientFolder, servers, useServer } from '../helpers/servers.ts';

const script = { 'migrations/001_users.sql': 'CREATE TABLE users (id INT PRIMARY KEY);\n' };
const manifest = (more: object = {}): string =>
  `${JSON.stringify({ name: 'shop', private: true, ...more }, null, 2)}\n`;
/** A hook of the project's own, which writes down what git hands to it. */
const ownHook = '#!/bin/sh\n# its own\ncat >> "$(git rev-parse --git-common-dir)/heard"\n';

/** A project as somebody else has made it, and what is found in it. */
interface Case {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  /** From the root of the repository; the project's files are there. */
  readonly folder?: string;
  /** Files beside those of the project, from the root. */
  readonly rootFiles?: Readonly<Record<string, string>>;
  /** Commands that set up what is there before. */
  readonly before?: readonly (readonly string[])[];
  /** Its `.env` has Laravel's names. */
  readonly isLaravel?: boolean;
  readonly found: {
    readonly packageManager: string;
    readonly hookManager: string;
    readonly migrations: string;
  };
  /** Where the hook stands then. */
  readonly hook: string;
  /** A migration that is added later. */
  readonly next?: string;
  /** It has a hook of its own, which gets git's lines as before. */
  readonly hears?: boolean;
  /** maj cannot rehearse its migrations. */
  readonly isForeign?: boolean;
}

const cases: readonly Case[] = [
  {
    title: 'npm, plain SQL, no hooks',
    files: { ...script, 'package.json': manifest() },
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'SQL' },
    hook: '.husky/pre-push',
  },
  {
    title: 'pnpm, husky with hooks of its own',
    files: {
      ...script,
      'package.json': manifest({
        scripts: { prepare: 'husky', backup: 'tar c .' },
        devDependencies: { husky: '9' },
      }),
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      '.husky/pre-push': ownHook.replace('#!/bin/sh\n', ''),
    },
    before: [['node', 'node_modules/husky/bin.js']],
    found: { packageManager: 'pnpm', hookManager: 'husky', migrations: 'SQL' },
    hook: '.husky/pre-push',
    hears: true,
  },
  {
    title: 'Yarn 1, lefthook with commands before a push',
    files: {
      ...script,
      'package.json': manifest({ devDependencies: { lefthook: '2' } }),
      'yarn.lock': '# yarn lockfile v1\n',
      'lefthook.yml': `# checks\npre-push:\n  commands:\n    own:\n      run: cat >> .git/heard\n      use_stdin: true\npre-commit:\n  commands: {}\n`,
    },
    before: [['node_modules/.bin/lefthook', 'install']],
    found: { packageManager: 'yarn', hookManager: 'lefthook', migrations: 'SQL' },
    hook: 'lefthook.yml',
    hears: true,
  },
  {
    title: 'Yarn 4, lefthook with jobs',
    files: {
      ...script,
      'package.json': manifest({ packageManager: 'yarn@4.5.0', devDependencies: { lefthook: '2' } }),
      'lefthook.yml':
        'pre-push:\n  jobs:\n    - name: own\n      run: cat >> .git/heard\n      use_stdin: true\n',
    },
    found: { packageManager: 'yarn-berry', hookManager: 'lefthook', migrations: 'SQL' },
    hook: 'lefthook.yml',
    hears: true,
  },
  {
    title: 'simple-git-hooks with a command before a push',
    files: {
      ...script,
      'package.json': manifest({
        'simple-git-hooks': { 'pre-commit': 'true', 'pre-push': 'cat >> .git/heard' },
        license: 'MIT',
      }),
    },
    before: [['node_modules/.bin/simple-git-hooks']],
    found: { packageManager: 'npm', hookManager: 'simple-git-hooks', migrations: 'SQL' },
    hook: 'package.json',
    hears: true,
  },
  {
    title: 'a hook in git’s own folder, as git-lfs has it',
    files: { ...script, 'package.json': manifest() },
    rootFiles: { '.git/hooks/pre-push': ownHook },
    found: { packageManager: 'npm', hookManager: 'plain', migrations: 'SQL' },
    hook: '.git/hooks/pre-push',
    hears: true,
  },
  {
    title: 'core.hooksPath with a folder that git tracks',
    files: { ...script, 'package.json': manifest(), '.githooks/pre-push': ownHook },
    before: [['git', 'config', 'core.hooksPath', '.githooks']],
    found: { packageManager: 'npm', hookManager: 'plain', migrations: 'SQL' },
    hook: '.githooks/pre-push',
    hears: true,
  },
  {
    title: 'a folder of a monorepo',
    folder: 'apps/shop',
    files: { ...script, 'package.json': manifest() },
    rootFiles: { 'package.json': manifest({ workspaces: ['apps/*'] }), 'package-lock.json': '{}\n' },
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'SQL' },
    hook: '.husky/pre-push',
  },
  {
    title: 'a Makefile with targets of its own, and names of scripts that are taken',
    next: 'db/migrations/2_more.sql',
    files: {
      'db/migrations/1_users.sql': script['migrations/001_users.sql'],
      'package.json': manifest({ scripts: { prepare: 'echo build', restore: 'git restore .' } }),
      Makefile: 'all:\n\t@echo all\nbackup:\n\t@echo their own backup',
      '.gitignore': 'node_modules\n.env',
    },
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'SQL' },
    hook: '.husky/pre-push',
  },
  {
    title: 'Laravel',
    files: {
      artisan: '#!/usr/bin/env php\n',
      'database/migrations/2024_01_01_000000_users.php': '<?php return 1;\n',
      'composer.json': '{}\n',
      'package.json': manifest({ type: 'module', scripts: { build: 'vite build' } }),
    },
    isLaravel: true,
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'Laravel' },
    hook: '.husky/pre-push',
    isForeign: true,
  },
  {
    title: 'Prisma',
    files: {
      'prisma/schema.prisma': 'datasource db {\n  provider = "mysql"\n}\n',
      'prisma/migrations/20240101000000_users/migration.sql': script['migrations/001_users.sql'],
      'package.json': manifest({ dependencies: { '@prisma/client': '6' } }),
    },
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'Prisma' },
    hook: '.husky/pre-push',
    isForeign: true,
  },
  {
    title: 'Knex',
    files: {
      'knexfile.js': 'export default {};\n',
      'migrations/20240101000000_users.js': 'export const up = () => 1;\n',
      'package.json': manifest({ dependencies: { knex: '3' } }),
    },
    found: { packageManager: 'npm', hookManager: 'husky', migrations: 'Knex' },
    hook: '.husky/pre-push',
    isForeign: true,
  },
];

describe.each(servers.slice(0, 1))('maj init on $name', (server) => {
  const running = useServer(server);
  let packages = '';

  beforeAll(async () => {
    packages = temporaryFolder('packages');
    const archive = await packInto(packages);
    writeFileSync(join(packages, 'package.json'), manifest());
    // lefthook’s script after its installation would look for a repository.
    const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await must(packages, 'npm', ...words, archive, 'lefthook@2', 'simple-git-hooks@2', 'husky@9');
  });

  /** Makes a project in a repository of its own; what it is committed with is all there is. */
  async function project(one: Case): Promise<GateRepository> {
    const base = temporaryFolder('init');
    const top = join(base, 'repository');
    const repository = repositoryAt(top, join(base, 'remote.git'));
    const { git, remote } = repository;
    mkdirSync(top);
    git('init', '--quiet', '--initial-branch=main');
    git('init', '--quiet', '--bare', '--initial-branch=main', remote);
    git('remote', 'add', 'origin', remote);
    const folder = join(top, one.folder ?? '.');
    writeTree(top, { '.gitignore': 'node_modules\n.env\n', ...one.rootFiles });
    writeTree(folder, one.files);
    for (const hook of ['.git/hooks/pre-push', '.githooks/pre-push'])
      if (existsSync(join(top, hook))) chmodSync(join(top, hook), 0o755);
    symlinkSync(join(packages, 'node_modules'), join(top, 'node_modules'));
    const database = await running().createDatabase();
    const names = one.isLaravel === true ? ['DB_DATABASE', 'DB_USERNAME'] : ['DB_NAME', 'DB_USER'];
    const settings = [
      `DB_SOCKET=${running().socket}`,
      `${names[0] ?? ''}=${database}`,
      `${names[1] ?? ''}=root`,
      `CLIENT_BIN_DIR=${clientFolder(server) ?? ''}`,
      `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
    ];
    writeFileSync(join(folder, '.env'), settings.join('\n'), { mode: 0o600 });
    for (const [program = '', ...words] of one.before ?? []) await must(top, program, ...words);
    repository.commit();
    return repository;
  }

  const init = (folder: string, ...words: string[]): Promise<CliRun> =>
    run(
      folder,
      'node',
      join(packages, 'node_modules/maj-kit/dist/maj.js'),
      'init',
      '--yes',
      '--json',
      ...words,
    );
  const resultOf = ({ stdout }: CliRun): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const read = (path: string): string | undefined =>
    existsSync(path) ? readFileSync(path, 'utf8') : undefined;

  test.each(cases)('$title: the hook refuses, then allows; --remove leaves nothing', async (one) => {
    const { folder: top, git, push, commit } = await project(one);
    const folder = join(top, one.folder ?? '.');
    const before = { hook: read(join(top, one.hook)), env: read(join(folder, '.env')) };
    const isAllowed = one.isForeign !== true;

    const done = await init(folder);
    expect(done.code, done.stdout + done.stderr).toBe(isAllowed ? 0 : 3);
    expect(resultOf(done)).toMatchObject({
      data: { ...one.found, migrations: { of: one.found.migrations }, refused: true, allowed: isAllowed },
    });
    expect(read(join(top, one.hook))).toContain('maj-kit/hooks/pre-push');

    // Again: nothing is written, and it holds.
    commit();
    const again = await init(folder);
    expect(again.code, again.stdout + again.stderr).toBe(isAllowed ? 0 : 3);
    expect(resultOf(again)).toMatchObject({ data: { files: [] } });
    expect(git('status', '--porcelain')).toBe('');

    // A user's own pushes.
    const heard = join(top, '.git', 'heard');
    rmSync(heard, { force: true });
    const first = await push('origin', 'HEAD:deploy');
    expect(first.code === 0, first.stderr).toBe(isAllowed);
    if (one.hears === true)
      expect(read(heard)).toBe(
        `HEAD ${git('rev-parse', 'HEAD').trim()} refs/heads/deploy ${'0'.repeat(40)}\n`,
      );
    writeTree(folder, { [one.next ?? 'migrations/2_more.sql']: 'CREATE TABLE more (id INT PRIMARY KEY);\n' });
    commit();
    const second = await push('origin', 'HEAD:deploy');
    expect(second.code).not.toBe(0);
    expect(second.stderr).toMatch(
      isAllowed ? /2_more.* \(added\)/ : /cannot be judged: .* migrations that maj does not run/,
    );
    if (one.folder !== undefined && isAllowed)
      expect(second.stderr).toContain(`Run \`maj rehearse\` in ${one.folder}, then push again.`);
    expect((await push('origin', 'HEAD:feature')).code).toBe(0);

    // Out again: every file is as it was, and no push is asked about.
    git('reset', '--quiet', '--hard', 'HEAD~1');
    const removed = await init(folder, '--remove');
    expect(removed.code, removed.stdout + removed.stderr).toBe(0);
    git('add', '--all');
    expect(git('diff', '--cached', 'HEAD~1')).toBe('');
    expect(read(join(top, one.hook))).toBe(before.hook);
    expect(read(join(folder, '.env'))).toBe(before.env);
    commit({ [`${one.folder ?? '.'}/migrations/3_x.sql`]: 'SELECT 1;\n' });
    const unasked = await push('origin', '--force', 'HEAD:deploy');
    expect(unasked.code, unasked.stderr).toBe(0);
  });

  const simple: Case = cases[0] ?? never();
  const more = { 'migrations/2_more.sql': 'CREATE TABLE more (id INT PRIMARY KEY);\n' };

  test('guards linked worktrees, commits from before the hook, and clones once their packages are there', async () => {
    const { folder, git, remote, push, commit } = await project(simple);
    const before = git('rev-parse', 'HEAD').trim();
    expect((await init(folder)).code).toBe(0);
    commit();

    const worktree = repositoryAt(join(folder, '..', 'worktree'), remote);
    git('worktree', 'add', '--quiet', '-b', 'topic', worktree.folder);
    expect((await worktree.push('origin', 'topic:deploy')).code).toBe(0);
    worktree.commit(more);
    expect((await worktree.push('origin', 'topic:deploy')).stderr).toMatch(/2_more.* \(added\)/);

    git('checkout', '--quiet', '-b', 'old', before);
    expect((await push('origin', '--force', 'HEAD:deploy')).code).toBe(0);
    commit(more);
    expect((await push('origin', '--force', 'HEAD:deploy')).stderr).toMatch(/2_more.* \(added\)/);

    git('push', '--quiet', '--no-verify', 'origin', 'main');
    const clone = repositoryAt(join(folder, '..', 'clone'), remote);
    git('clone', '--quiet', '--branch=main', remote, clone.folder);
    const program = join(packages, 'node_modules/maj-kit/dist/maj.js');
    symlinkSync(join(packages, 'node_modules'), join(clone.folder, 'node_modules'));
    await must(clone.folder, 'node', program, 'init', '--hook');
    clone.commit();
    expect((await clone.push('origin', 'HEAD:deploy')).stderr).toMatch(/maj: The push of .* is refused/);
    expect(clone.git('status', '--porcelain')).toBe('');
  });

  test.each(['husky', 'lefthook', 'simple-git-hooks', 'plain'])(
    'refuses by %s where the packages are gone',
    async (manager) => {
      const one = cases.find(({ found }) => found.hookManager === manager) ?? never();
      const { folder: top, commit, push } = await project(one);
      const done = await init(join(top, one.folder ?? '.'));
      expect(done.code, done.stdout + done.stderr).toBe(0);
      commit();
      const away = join(packages, 'away');
      renameSync(join(packages, 'node_modules'), away);
      try {
        const { code, stderr } = await push('origin', 'HEAD:deploy');
        expect(code, stderr).not.toBe(0);
        expect(stderr).not.toContain('maj: The push of');
      } finally {
        renameSync(away, join(packages, 'node_modules'));
      }
    },
  );

  test('explains itself where its package or Node is missing', async () => {
    const { folder, push } = await project(simple);
    expect((await init(folder)).code).toBe(0);
    rmSync(join(folder, 'node_modules'));
    expect((await push('origin', 'HEAD:main')).stderr).toMatch(
      /push is refused: maj-kit is not installed here/,
    );
    const hook = join(packages, 'node_modules/maj-kit/hooks/pre-push');
    const blind = await run(
      folder,
      '/usr/bin/env',
      '-i',
      'PATH=/nowhere',
      '/bin/sh',
      hook,
      '.',
      'origin',
      'url',
    );
    expect(blind.code).toBe(1);
    expect(blind.stderr).toMatch(/Node is not on the PATH of this program \(\/nowhere\)/);
  });

  test.each<readonly [string, Partial<Case>, string[], RegExp]>([
    ['no repository', { rootFiles: { '.git/HEAD': '' } }, [], /is in no git repository/],
    ['a package.json that is none', { files: { 'package.json': '{' } }, [], /package\.json cannot be read/],
    [
      'hooks of all repositories',
      { before: [['git', 'config', 'core.hooksPath', '/etc/hooks']] },
      [],
      /\/etc\/hooks without guessing/,
    ],
    ['a branch that is none', {}, ['--branch', 'de..ploy'], /de\.\.ploy is no list of branches/],
    [
      'a folder within a project',
      { files: { ...script, 'package.json': manifest(), 'src/x.js': '' } },
      ['--project', 'src'],
      /src holds nothing of a project/,
    ],
    ['two wishes at once', {}, ['--plan', '--remove'], /exclude each other/],
  ])('refuses %s, and writes nothing', async (_title, given, words, said) => {
    const { folder, git } = await project({ ...simple, ...given, rootFiles: {}, before: [] });
    for (const [program = '', ...rest] of given.before ?? []) await must(folder, program, ...rest);
    if (given.rootFiles !== undefined) rmSync(join(folder, '.git'), { recursive: true });
    const { code, stdout } = await init(folder, ...words);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(said);
    expect(existsSync(join(folder, 'maj.config.json'))).toBe(false);
    if (given.rootFiles === undefined) expect(git('status', '--porcelain')).toBe('');
  });

  test('is not misled by a gate that rehearses on the spot', async () => {
    const { folder } = await project(simple);
    appendFileSync(join(folder, '.env'), '\nGATE_AUTO_SECONDS=3600\n');
    expect((await init(folder)).code).toBe(0);
    const again = await init(folder);
    expect(again.code, again.stdout).toBe(0);
    expect(resultOf(again)).toMatchObject({ data: { refused: true, allowed: true } });
  });

  test('only shows what it would write with --plan, and never a password', async () => {
    const { folder, git } = await project({ ...simple, isLaravel: true });
    writeFileSync(join(folder, '.env'), 'DB_DATABASE=a\nDB_USERNAME=b\nDB_PASSWORD=hunter2\n');
    const { code, stdout, stderr } = await run(
      folder,
      'node',
      join(packages, 'node_modules/maj-kit/dist/maj.js'),
      'init',
      '--plan',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/\+DB_NAME=\$\{DB_DATABASE\}/);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(git('status', '--porcelain')).toBe('');
  });

  test('names the files to commit, and never .env', async () => {
    const { folder } = await project({ ...simple, isLaravel: true });
    const program = join(packages, 'node_modules/maj-kit/dist/maj.js');
    const { code, stdout, stderr } = await run(folder, 'node', program, 'init', '--yes');
    expect(code, stderr).toBe(0);
    expect(read(join(folder, '.env'))).toContain('DB_NAME=${DB_DATABASE}');
    expect(stdout).toMatch(/^ {2}maj\.config\.json$/m);
    expect(stdout).not.toMatch(/^ {2}\.env$/m);
  });

  test('takes over the record of another program before the first rehearsal', async () => {
    const { folder } = await project(simple);
    const database = /DB_NAME=(.*)/.exec(read(join(folder, '.env')) ?? '')?.[1] ?? '';
    const session = await running().adminSession();
    await session.rows(`CREATE TABLE ${database}.users (id INT PRIMARY KEY)`);
    const untold = await init(folder);
    expect(untold.code).toBe(3);
    expect(untold.stdout).toMatch(/"refused":true,"allowed":false/);
    await session.rows(`CREATE TABLE ${database}.schema_migrations (version VARCHAR(128) PRIMARY KEY)`);
    await session.rows(`INSERT INTO ${database}.schema_migrations VALUES ('001')`);
    const told = await init(folder);
    expect(told.code, told.stdout).toBe(0);
    expect(told.stdout).toMatch(/"allowed":true/);
  });
});

function never(): never {
  throw new Error('There is a first case.');
}
