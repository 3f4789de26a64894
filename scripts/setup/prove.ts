import { join } from 'node:path';
import { inStep, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import { git, gitEnvironment, tryGit } from '../system/process/git.ts';
import { capture, type Captured } from '../system/process/processes.ts';

/** A push that nobody sees: to a repository that is made for it, and removed after it. */
export interface Trial {
  /** The root of the repository that is pushed. */
  readonly top: string;
  /** The folder of the migrations, from there. */
  readonly migrations: string;
  /** Whether it is there. */
  readonly hasMigrations: boolean;
  /** A branch that is guarded. */
  readonly branch: string;
}

/**
 * Pushes a commit whose migrations nobody has rehearsed, and sees it refused.
 *
 * @throws MajError `init-not-asked` when it went through, `init-refused-otherwise` when something else refused it
 */
export async function proveRefusal(context: Context, trial: Trial): Promise<void> {
  const { branch, migrations } = trial;
  await inStep(context, 'init-refuse', { branch }, async () => {
    const probe = `${migrations}/99999999999999_maj_init_probe.sql`;
    // One that fails where the gate rehearses on the spot (GATE_AUTO_SECONDS).
    const { code, stderr } = await pushed(context, trial, { [probe]: 'a try of maj init;\n' });
    if (code === 0) throw refused('init-not-asked', { branch });
    if (!/\bmaj: /.test(stderr))
      throw refused('init-refused-otherwise', { branch, output: stderr.trim().slice(-2000) });
  });
}

/** Pushes the migrations as they are; undefined: that is allowed; else what the hook says. */
export const tryPush = async (context: Context, trial: Trial): Promise<string | undefined> => {
  const { code, stderr } = await pushed(context, trial, {});
  return code === 0 ? undefined : stderr.trim().slice(-2000);
};

/**
 * Pushes the migrations as they are, which were rehearsed, and sees it allowed.
 *
 * @throws MajError `init-not-allowed`
 */
export async function proveAllowance(context: Context, trial: Trial): Promise<void> {
  const { branch } = trial;
  await inStep(context, 'init-allow', { branch }, async () => {
    const output = await tryPush(context, trial);
    if (output !== undefined) throw refused('init-not-allowed', { branch, output });
  });
}

/**
 * Pushes a commit that is on no branch: what the last one has, and the migrations of the working tree.
 *
 * @param added files that it has beside
 */
async function pushed(
  context: Context,
  { top, migrations, hasMigrations, branch }: Trial,
  added: Readonly<Record<string, string>>,
): Promise<Captured> {
  return withTemporaryFolder('push', async (folder) => {
    // Whatever the user has added for a commit of his own stays as it is.
    const env = { ...gitEnvironment(context).env, GIT_INDEX_FILE: join(folder, 'index') };
    const ask = async (words: readonly string[], input = ''): Promise<string> => {
      const run = await capture({ env }, 'git', words, { cwd: top, input });
      if (run.code !== 0)
        throw refused('init-trial', { command: `git ${words[0] ?? ''}`, output: run.stderr.trim() });
      return run.stdout.trim();
    };
    const head = await tryGit(context, top, ['rev-parse', '--verify', '--quiet', 'HEAD']);
    const parent = head.code === 0 ? head.stdout.trim() : undefined;
    if (parent !== undefined) await ask(['read-tree', parent]);
    if (hasMigrations) await ask(['add', '--all', '--', migrations]);
    for (const [path, text] of Object.entries(added)) {
      const object = await ask(['hash-object', '-w', '--stdin'], text);
      await ask(['update-index', '--add', '--cacheinfo', `100644,${object},${path}`]);
    }
    const author = ['-c', 'user.name=maj', '-c', 'user.email=maj@localhost'];
    const parents = parent === undefined ? [] : ['-p', parent];
    const commit = await ask([
      ...author,
      'commit-tree',
      await ask(['write-tree']),
      ...parents,
      '-m',
      'A push that maj tries',
    ]);
    const bare = join(folder, 'bare.git');
    const format = await ask(['rev-parse', '--show-object-format']);
    await git(context, folder, ['init', '--quiet', '--bare', `--object-format=${format}`, bare]);
    // As a user's own push: with the settings and the environment that his hooks have.
    return capture(context, 'git', ['push', '--quiet', bare, `${commit}:refs/heads/${branch}`], { cwd: top });
  });
}
