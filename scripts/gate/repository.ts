import { text } from 'node:stream/consumers';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { gitOverNetwork, remoteOfReceipts } from '../rehearsal/published.ts';
import type { CallingPush } from '../system/process/calling-push.ts';
import { commitNamed, gitEnvironment } from '../system/process/git.ts';
import { shell, stream } from '../system/process/processes.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import { withShownUrls } from '../system/urls.ts';

/** A repository is asked as it is: `git replace` puts other objects in the place of those that are pushed. */
export function gateEnvironment(context: Pick<Context, 'env'>): Pick<Context, 'env'> {
  const { env } = gitEnvironment(context);
  return { env: { ...env, GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null' } };
}

/**
 * Asks git something of the repository that is pushed.
 *
 * @throws MajError `gate-git`
 */
export async function askGit(
  context: Pick<Context, 'env' | 'projectDir'>,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const git = await callGit({ ...context, ...gateEnvironment(context) }, args, input);
  if (git.code !== 0) throw gateGit(args[0] ?? '', git.stderr);
  return git.stdout;
}

/** git may quote the address of the remote, password and all. */
const gateGit = (word: string, output: string): Error =>
  refused('gate-git', { command: `git ${word}`, output: withShownUrls(output.trim()) });

/** Calls git without a shell between: a push waits for each of these. */
async function callGit(
  { env, projectDir }: Pick<Context, 'env' | 'projectDir'>,
  args: readonly string[],
  input?: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const git = stream({ env }, 'git', args, { cwd: projectDir, stdin });
  // A git that ends before it has read everything is told by its exit, not by the broken pipe.
  if (input !== undefined) git.stdin.on('error', () => undefined).end(input);
  // Of one that cannot be started the output never ends.
  const [stdout, { code }] = await Promise.all([text(git.stdout), git.exited]);
  return { code, stdout, stderr: git.stderrTail() };
}

/** The full name of a commit. */
export async function resolveCommit(
  context: Pick<Context, 'env' | 'projectDir'>,
  name: string,
): Promise<string> {
  return (await askGit(context, ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`])).trim();
}

/** The full name of a commit; undefined where there is none of this name. */
export const commitIfThere = (
  context: Pick<Context, 'env' | 'projectDir'>,
  name: string,
): Promise<string | undefined> => commitNamed(gateEnvironment(context), context.projectDir, name);

/** The addresses of each remote, as git uses them. */
export async function readRemotes(
  context: Pick<Context, 'env' | 'projectDir'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const remotes = new Map<string, string[]>();
  for (const line of (await askGit(context, ['remote', '-v'])).split('\n')) {
    const [, name, url] = /^([^\t]+)\t(.*) \((?:fetch|push)\)/.exec(line) ?? [];
    if (name !== undefined && url !== undefined) remotes.set(name, [...(remotes.get(name) ?? []), url]);
  }
  return remotes;
}

/** Whether a remote is set to be pushed to as a mirror, without a word of it in the command. */
export async function isMirrorRemote(
  context: Pick<Context, 'env' | 'projectDir'>,
  remote: string,
): Promise<boolean> {
  const args = ['config', '--type=bool', '--get', `remote.${remote}.mirror`];
  return (await callGit({ ...context, ...gateEnvironment(context) }, args)).stdout.trim() === 'true';
}

/** The branches of this repository, and of the one that is pushed to. */
export async function readBranches(
  context: Pick<Context, 'env' | 'projectDir' | 'signal'>,
  url: string,
): Promise<{ readonly ours: string[]; readonly theirs: string[] }> {
  const names = (output: string): string[] =>
    [...output.matchAll(/^[0-9a-f]+\s+refs\/heads\/(.*)$/gm)].map(([, name = '']) => name);
  const ours = await askGit(context, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads']);
  const theirs = await gitOverNetwork(context, ['ls-remote', '--heads', '--', url]);
  if (theirs.code !== 0) throw gateGit('ls-remote', theirs.stderr);
  return { ours: names(ours), theirs: names(theirs.stdout) };
}

const longestTryMs = 60_000;

/**
 * Whether a push has anything to push, by trying it once more without pushing; undefined where that does not tell.
 *
 * @param to where: of a remote with several addresses git calls the hook for each; what a mirror deletes it does not tell
 */
export async function hasWork(
  context: Pick<Context, 'env' | 'signal'>,
  push: CallingPush,
  to: { readonly url: string | undefined; readonly mirror: boolean },
): Promise<boolean | undefined> {
  const words = push.words.filter((word) => word !== '-q' && word !== '--quiet');
  const end = words.indexOf('--');
  const at = end < 0 ? words.length : end;
  const options = ['--dry-run', '--porcelain', '--no-verify'];
  const command = quoteWords(['git', 'push', ...words.slice(0, at), ...options, ...words.slice(at)]);
  // In its own environment, of which a hook's is a copy: it says which repository that is, and with which settings.
  const env = { ...context.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const tried = await shell({ env }, command, {
    cwd: push.folder,
    timeoutMs: longestTryMs,
    signal: context.signal,
  });
  return hasWorkIn(tried.stdout, to);
}

/** The same of what `git push --porcelain` prints. Pure. */
export function hasWorkIn(
  porcelain: string,
  { url, mirror }: { readonly url: string | undefined; readonly mirror: boolean },
): boolean | undefined {
  const flags = new Map<string, string[]>();
  let to: string | undefined;
  for (const line of porcelain.split('\n')) {
    to = /^To (.*)$/.exec(line)?.[1] ?? to;
    const flag = /^(.)\t/.exec(line)?.[1];
    if (to !== undefined && flag !== undefined) flags.set(to, [...(flags.get(to) ?? []), flag]);
  }
  if (flags.size === 0) return undefined;
  const meant = (url === undefined ? undefined : flags.get(url)) ?? [...flags.values()].flat();
  // What is up to date, and what git itself refuses, is in no line for the hook.
  return meant.some((flag) => flag !== '=' && flag !== '!' && !(mirror && flag === '-'));
}

/** In the place of a commit: what stands on the guarded branch is to be looked up. */
export const askBranches = 'ask';

/** The remote whose receipts are asked for where nobody pushes; undefined in a bare repository, which has them itself. */
export async function remoteToAsk(
  context: Pick<Context, 'env' | 'projectDir' | 'config'>,
): Promise<string | undefined> {
  if (context.config.GATE_ALLOWED_SIGNERS === undefined) return undefined;
  const remote = remoteOfReceipts(context.config);
  const known = (await askGit(context, ['remote'])).split('\n');
  return known.includes(remote) ? remote : undefined;
}

/** What stands for all files of each of these commits; undefined for one that is not here. */
export async function readTrees(
  context: Pick<Context, 'env' | 'projectDir'>,
  commits: readonly string[],
): Promise<(string | undefined)[]> {
  const asked = commits.map((commit) => `${commit}^{tree}\n`).join('');
  const lines = (await askGit(context, ['cat-file', '--batch-check'], asked)).trimEnd().split('\n');
  return lines.map((line) => /^([0-9a-f]+) tree /.exec(line)?.[1]);
}

/** Who goes back does not go back further. */
const mostSteps = 1000;

/** The same of a commit and of those before it in its own line, not of what was merged; none where it is not here. */
export async function treesBefore(
  context: Pick<Context, 'env' | 'projectDir'>,
  commit: string,
): Promise<string[]> {
  const [here] = await readTrees(context, [commit]);
  if (here === undefined) return [];
  const args = ['log', '--first-parent', '--format=%T', `--max-count=${mostSteps}`, commit, '--'];
  return (await askGit(context, args)).trim().split('\n');
}

/** Whether the working tree has a folder as a commit has it: HEAD is that commit, and nothing was changed since. */
export async function isCheckedOut(
  context: Pick<Context, 'env' | 'projectDir'>,
  commit: string,
  folder: string,
): Promise<boolean> {
  if ((await askGit(context, ['rev-parse', '--verify', 'HEAD']).catch(() => '')).trim() !== commit)
    return false;
  const changed = await askGit(context, ['status', '--porcelain', '--', folder]).catch(() => 'unknown');
  return changed === '';
}
