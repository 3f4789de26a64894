import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import { accountOf, namelessAccount, ownAccount } from '../system/account.ts';
import { becomingWords, findSetpriv } from '../system/become.ts';
import { statIfThere } from '../system/files.ts';
import { gitEnvironment, gitFailed } from '../system/git.ts';
import { capture } from '../system/processes.ts';
import { quoteWords } from '../system/shell-words.ts';

/** A repository on this machine, and who reads it. */
export interface LocalRepository {
  readonly gitDir: string;
  readonly reader: Reader;
}

/** How git is called in a repository: the words before it, and its environment. */
interface Reader {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The repository that a folder is, or is in. What its configuration names (hooks, filters, commands) is its owner's: root
 * calls git there as the owner, whoever that is, and never by git's own exception for whoever called sudo.
 *
 * @throws MajError `git-failed`, in git's own words where it does not trust the owner; `setpriv-missing`
 */
export async function repositoryAt(context: Context, folder: string): Promise<LocalRepository> {
  const first = await readerOf(context, [folder]);
  const args = ['-C', folder, 'rev-parse', '--path-format=absolute', '--git-common-dir'];
  const run = await callGit(first, args);
  if (run.code !== 0) throw gitFailed(args, run.stderr);
  const gitDir = run.stdout.trim();
  return { gitDir, reader: await readerOf(context, [folder, gitDir]) };
}

/** The full name of the commit that a name stands for there; undefined where there is none. The name is never an option. */
export async function commitIn(
  { gitDir, reader }: LocalRepository,
  name: string,
): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const run = await callGit(reader, [`--git-dir=${gitDir}`, ...args]);
  const commit = run.stdout.trim();
  return run.code === 0 && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit) ? commit : undefined;
}

/** What lists the tags of a repository, one a line. */
export const listingTags: readonly string[] = ['for-each-ref', '--format=%(refname:strip=2)', 'refs/tags'];

/** The tags there. */
export async function tagsIn({ gitDir, reader }: LocalRepository): Promise<readonly string[]> {
  const run = await callGit(reader, [`--git-dir=${gitDir}`, ...listingTags]);
  if (run.code !== 0) throw gitFailed(listingTags, run.stderr);
  return run.stdout.split('\n');
}

/** The options by which git fetches from there: what it starts there is the reader's. */
export function fetchingOptions({ reader: { words, env } }: LocalRepository): readonly string[] {
  if (words.length === 0) return [];
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value ?? ''}`);
  // git hands this to a shell, with the path behind it. Our own folder is none that the reader may be in.
  const line = `cd / && ${quoteWords([...words, 'env', '-i', ...settings])} GIT_PROTOCOL="$GIT_PROTOCOL" git upload-pack`;
  return [`--upload-pack=${line}`];
}

const callGit = ({ words, env }: Reader, args: readonly string[]): ReturnType<typeof capture> => {
  const [program = 'git', ...rest] = [...words, 'git', ...args];
  return capture({ env }, program, rest, words.length === 0 ? {} : { cwd: '/' });
};

async function readerOf(context: Context, paths: readonly string[]): Promise<Reader> {
  const own = { words: [], env: { ...gitEnvironment(context).env, SUDO_UID: undefined } };
  if (ownAccount().uid !== 0) return own;
  const found = await Promise.all(paths.map((path) => statIfThere(path)));
  const other = found.find((stats) => stats !== undefined && stats.uid !== 0);
  if (other === undefined) return own;
  const [uid, gid] = [other.uid, other.gid];
  const account = await accountOf(context, String(uid));
  const { name, home } = account ?? namelessAccount({ uid, gid });
  const setpriv = await findSetpriv(context, name);
  return {
    words:
      account === undefined
        ? becomingWords(setpriv, { uid, gid }, 'without-groups')
        : becomingWords(setpriv, account, 'with-its-groups'),
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: home,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      // What is missing there is not got from elsewhere meanwhile.
      GIT_NO_LAZY_FETCH: '1',
    },
  };
}

/**
 * Refuses a commit whose files are kept elsewhere by Git LFS: an archive of it holds what points to them.
 *
 * @throws MajError `git-lfs`
 */
export async function refusePointers(
  environment: Pick<Context, 'env'>,
  gitDir: string,
  commit: string,
): Promise<void> {
  const grep = async (...args: readonly string[]): Promise<readonly string[]> => {
    const run = await capture(environment, 'git', [`--git-dir=${gitDir}`, 'grep', '-l', '-z', ...args]);
    return run.stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(commit.length + 1)]));
  };
  const naming = await grep('-e', 'filter=lfs', commit, '--', ':(glob)**/.gitattributes');
  if (naming.length === 0) return;
  const paths = await grep('-E', '-e', '^version https://git-lfs\\.github\\.com/spec/v1$', commit);
  if (paths.length > 0) throw refused('git-lfs', { commit, paths });
}
