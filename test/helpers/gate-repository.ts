import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, type Captured } from '../../scripts/system/process/processes.ts';
import { majCommand } from './cli.ts';
import { temporaryFolder } from './context.ts';
import { writeTree } from './packages.ts';

/** A repository with the gate as its pre-push hook, and a bare one beside it that it pushes to. */
export interface GateRepository {
  readonly folder: string;
  /** The bare repository, which is the remote `origin`. */
  readonly remote: string;
  /** Calls git in it; a failure throws. */
  readonly git: (...words: readonly string[]) => string;
  /** Writes files, and commits all that is there. */
  readonly commit: (files?: Readonly<Record<string, string>>) => void;
  /** `git push`, with the gate. */
  readonly push: (...words: readonly string[]) => Promise<Captured>;
  /** The same with variables in the environment. */
  readonly pushWith: (
    env: Readonly<Record<string, string>>,
    ...words: readonly string[]
  ) => Promise<Captured>;
  /** The branches of the bare repository. */
  readonly branches: () => string[];
}

/** Git without the settings of whoever runs the tests. */
const gitEnv = {
  ...process.env,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A Developer',
  GIT_AUTHOR_EMAIL: 'developer@example.org',
  GIT_COMMITTER_NAME: 'A Developer',
  GIT_COMMITTER_EMAIL: 'developer@example.org',
};

/** The words that call `maj`, for a shell. */
export const majInShell = majCommand.map((word) => `'${word}'`).join(' ');

/** Two migrations, which the tests start from. */
export const twoMigrations = {
  'migrations/001_users.sql': 'CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(190));\n',
  'migrations/002_name.sql': 'ALTER TABLE users ADD name VARCHAR(50);\n',
};

/**
 * Makes a repository with two migrations in its first commit.
 *
 * @param settings the text of its `.env`; null: it has none
 */
export function gateRepository(settings: string | null = ''): GateRepository {
  const base = temporaryFolder('gate');
  const repository = repositoryAt(join(base, 'repository'), join(base, 'remote.git'));
  const { folder, remote, git } = repository;
  mkdirSync(folder);
  git('init', '--quiet', '--initial-branch=main');
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('remote', 'add', 'origin', remote);
  setHook(folder, `exec ${majInShell} gate "$@"`);
  if (settings !== null) setSettings(folder, settings);
  repository.commit({ '.gitignore': '.env\n.maj/\n', ...twoMigrations });
  return repository;
}

/** A repository that is there already. */
export function repositoryAt(folder: string, remote: string): GateRepository {
  const git = (...words: readonly string[]): string =>
    execFileSync('git', words, { cwd: folder, env: gitEnv, encoding: 'utf8', stdio: 'pipe' });
  const pushWith: GateRepository['pushWith'] = (env, ...words) =>
    capture({ env: { ...gitEnv, ...env } }, 'git', ['push', ...words], { cwd: folder });
  return {
    folder,
    remote,
    git,
    commit: (files = {}) => {
      writeTree(folder, files);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message=a change');
    },
    push: (...words) => pushWith({}, ...words),
    pushWith,
    branches: () =>
      git('--git-dir', remote, 'branch', '--format=%(refname:short)').split('\n').filter(Boolean),
  };
}

/** Makes the lines of a shell the pre-push hook. */
export function setHook(folder: string, lines: string): void {
  const hook = join(folder, '.git', 'hooks', 'pre-push');
  writeFileSync(hook, `#!/bin/sh\n${lines}\n`);
  chmodSync(hook, 0o755);
}

/** Writes `.env`. */
export function setSettings(folder: string, text: string): void {
  writeFileSync(join(folder, '.env'), text, { mode: 0o600 });
}

/** Moves the migrations of a repository into a submodule of it, `vendor`, and commits that. */
export function moveIntoSubmodule({ folder, git, commit }: GateRepository): void {
  const module = join(folder, '..', 'module.git');
  cpSync(join(folder, '.git'), module, { recursive: true });
  git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', module, 'vendor');
  git('rm', '-rq', 'migrations');
  commit();
}
