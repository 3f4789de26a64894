import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { isLoopback, withShownUrls } from '../urls.ts';
import { capture, type Captured } from './processes.ts';

const sshCommand = 'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=30';

/**
 * The environment without what git tells its hooks of the repository: where GIT_DIR is set, git takes the folder that it
 * is called in for the root of the repository, or looks for GIT_DIR from there (githooks(5), git(1)). It asks for nothing
 * on a terminal, answers in English, and fetches by these ways alone: others run commands (git-remote-ext(1)). Plain http
 * is one of them for a repository that is on this machine and named so: git follows one by https to wherever it sends on.
 *
 * @param repository what is fetched from, if anything
 */
export function gitEnvironment(context: Pick<Context, 'env'>, repository?: string): Pick<Context, 'env'> {
  const ways = ['https', 'ssh', 'file', ...(isPlainLoopback(repository) ? ['http'] : [])];
  return {
    env: {
      ...context.env,
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_PREFIX: undefined,
      GIT_INDEX_FILE: undefined,
      GIT_TERMINAL_PROMPT: '0',
      GIT_SSH_COMMAND: context.env['GIT_SSH_COMMAND'] ?? sshCommand,
      GIT_ALLOW_PROTOCOL: ways.join(':'),
      LC_ALL: 'C',
    },
  };
}

function isPlainLoopback(repository = ''): boolean {
  if (!URL.canParse(repository)) return false;
  const { protocol, hostname } = new URL(repository);
  return protocol === 'http:' && isLoopback(hostname);
}

/** Calls git for an answer that may be no: a failure is a value. */
export const tryGit = (
  context: Pick<Context, 'env'>,
  folder: string,
  args: readonly string[],
  repository?: string,
): Promise<Captured> => capture(gitEnvironment(context, repository), 'git', args, { cwd: folder });

/**
 * Calls git and hands out what it prints.
 *
 * @param repository what is fetched from, if anything
 * @throws MajError `git-failed`
 */
export async function git(
  context: Pick<Context, 'env'>,
  folder: string,
  args: readonly string[],
  repository?: string,
): Promise<string> {
  const run = await tryGit(context, folder, args, repository);
  if (run.code !== 0) throw gitFailed(args, run.stderr);
  return run.stdout;
}

/** What is said of a call of git that failed. */
export const gitFailed = (args: readonly string[], output: string): Error =>
  refused('git-failed', {
    command: `git ${args.find((word) => /^[a-z][a-z-]+$/.test(word)) ?? ''}`,
    output: withShownUrls(output.trim().slice(-2000)),
  });

/** The full name of the commit that a name stands for; undefined where there is none. The name is never an option. */
export async function commitNamed(
  context: Pick<Context, 'env'>,
  gitDir: string,
  name: string,
): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const run = await capture(gitEnvironment(context), 'git', [`--git-dir=${gitDir}`, ...args], {});
  const commit = run.stdout.trim();
  return run.code === 0 && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit) ? commit : undefined;
}
