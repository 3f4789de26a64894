import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { makeStateFolder } from '../config/own-folders.ts';
import { isRemote } from '../config/update-source.ts';
import { inStep, note, stopIfInterrupted, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isSameVersion, normalVersion } from '../core/versions.ts';
import {
  fileFailed,
  privateFile,
  remove,
  renameDurably,
  statIfThere,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import {
  accountOf,
  becomingWords,
  findSetpriv,
  namelessAccount,
  ownAccount,
} from '../system/process/account.ts';
import { commitNamed, git, gitEnvironment, gitFailed } from '../system/process/git.ts';
import { capture, stream } from '../system/process/processes.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import { shownUrl } from '../system/urls.ts';
import { newestOf } from './package-formats.ts';
import { requiredKey } from './signature.ts';
import { mirrorFolder, packageFolder } from './store.ts';
import type { FoundPackage } from './types.ts';

/**
 * Makes a package of a commit of the application's repository: what is committed, and nothing that only lies in the
 * working tree. Its sum is that of the archive that is made here; the commit stands in its name, and in the record of what
 * is installed.
 *
 * @param repository a path, or an address of which we keep a copy; undefined: the one that the project folder is in
 * @param wanted a version: its tag, `v<version>` or `<version>`, else one of the same version; or anything that git takes for a
 *   commit
 * @throws MajError `git-failed`, `git-no-version`, `git-tags-differ`, `git-no-commit`, `git-submodules`, `git-lfs`,
 *   `git-unsigned`, `setpriv-missing`
 */
export async function gitPackage(
  context: Context,
  repository: string | undefined,
  wanted: WantedCommit,
): Promise<FoundPackage> {
  const key = await requiredKey(context);
  if (key !== undefined) throw refused('git-unsigned', { keyIds: key.ids });
  const origin = repository ?? context.projectDir;
  const shown = shownUrl(origin);
  const source = await sourceOf(context, repository);
  const { name, version } = wanted;
  const tagged = version === undefined ? undefined : await taggedCommit(source, shown, version);
  // `5.1-dev` may be a branch, and 1234567 a commit.
  const mayBeCommit = version === undefined || !/^\d+(\.\d+)+$/.test(version);
  const commit = tagged ?? (mayBeCommit ? await source.commitNamed(name) : undefined);
  if (commit === undefined) throw await notThere(source, shown, wanted);
  const gitDir = await source.mirrorWith(commit);
  await refuseSubmodules(context, gitDir, commit);
  await refusePointers(plainGit(context), gitDir, commit);
  const folder = await packageFolder(context, `${origin} ${commit}`);
  const path = join(folder, `${safeName(shown)}-${commit}.tar.gz`);
  await inStep(context, 'archive-commit', { commit, repository: shown }, (progress) =>
    archive(context, gitDir, commit, path, progress),
  );
  note(context, 'package-of-commit', { commit, repository: shown, path });
  return { path, version: tagged === undefined ? undefined : version, commit };
}

/** What is asked for, as it was written; and the version that this is, if it is one. */
interface WantedCommit {
  readonly name: string;
  readonly version?: string;
}

/** A repository that packages are made of. */
interface Source {
  readonly tags: () => Promise<readonly string[]>;
  readonly commitNamed: (name: string) => Promise<string | undefined>;
  /** Our own copy, which has this commit. Nothing is packed where another's configuration may name programs. */
  readonly mirrorWith: (commit: string) => Promise<string>;
}

async function sourceOf(context: Context, repository: string | undefined): Promise<Source> {
  const here = repository === undefined ? context.projectDir : folderOf(context, repository);
  if (here !== undefined) {
    const local = await repositoryAt(context, here);
    return {
      tags: () => tagsIn(local),
      commitNamed: (name) => commitIn(local, name),
      mirrorWith: (commit) => mirrorOfCommit(context, local, commit),
    };
  }
  const mirror = await mirrorOf(context, repository ?? '');
  return {
    tags: async () => (await git(context, mirror, [`--git-dir=${mirror}`, ...listingTags])).split('\n'),
    commitNamed: (name) => commitNamed(context, mirror, name),
    mirrorWith: () => Promise.resolve(mirror),
  };
}

/** The folder of a repository on this machine; undefined for one elsewhere. */
function folderOf(context: Context, repository: string): string | undefined {
  if (!isRemote(repository)) return resolve(context.projectDir, repository);
  if (!URL.canParse(repository)) return undefined;
  const url = new URL(repository);
  return url.protocol === 'file:' && url.host === '' ? fileURLToPath(url) : undefined;
}

const fetchOptions = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];

/** Our own copy of one commit of a repository on this machine, without its past. */
async function mirrorOfCommit(context: Context, local: LocalRepository, commit: string): Promise<string> {
  const mirror = mirrorFolder(context, local.gitDir);
  await makeStateFolder(context, mirror);
  const format = commit.length === 64 ? ['--object-format=sha256'] : [];
  await git(context, mirror, ['init', '--quiet', '--bare', '--template=', ...format, mirror]);
  const options = [...fetchOptions, '--depth=1', ...fetchingOptions(local)];
  // What is not at the end of a branch is given out by the second version of the protocol alone.
  const args = ['-c', 'protocol.version=2', '-c', 'gc.auto=0', 'fetch', ...options, '--', local.gitDir];
  // SUDO_UID: git would take another's repository for trusted.
  const environment = { env: { ...context.env, SUDO_UID: undefined } };
  await git(environment, mirror, [`--git-dir=${mirror}`, ...args, `+${commit}:refs/maj/package`]);
  return mirror;
}

/** A line that brings less than 1 KB a second for a minute is given up; ssh is told so by its own options. */
const notForEver = ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=60'];

/** Our own copy of a repository, brought up to date: its branches and tags. */
async function mirrorOf(context: Context, repository: string): Promise<string> {
  const mirror = mirrorFolder(context, repository);
  await makeStateFolder(context, mirror);
  await git(context, mirror, ['init', '--quiet', '--bare', '--template=', mirror]);
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const options = [...fetchOptions, '--prune'];
  await inStep(context, 'fetch-repository', { repository: shownUrl(repository) }, () =>
    git(
      context,
      mirror,
      [`--git-dir=${mirror}`, ...notForEver, 'fetch', ...options, '--', repository, ...refs],
      repository,
    ),
  );
  return mirror;
}

async function taggedCommit(
  source: Source,
  repository: string,
  version: string,
): Promise<string | undefined> {
  const all = await source.tags();
  const exact = all.filter((tag) => normalVersion(tag) === version);
  // 6.4 may be tagged v6.4.0.
  const tags = exact.length > 0 ? exact : all.filter((tag) => isSameVersion(tag, version));
  const commits = await Promise.all(tags.map((tag) => source.commitNamed(`refs/tags/${tag}`)));
  const [commit, ...others] = new Set(commits.filter((found) => found !== undefined));
  if (others.length > 0 && commit !== undefined)
    throw refused('git-tags-differ', { repository, tags, commits: [commit, ...others] });
  return commit;
}

async function notThere(source: Source, repository: string, { name, version }: WantedCommit): Promise<Error> {
  if (version === undefined) return refused('git-no-commit', { repository, name });
  const versions = newestOf(await source.tags());
  return refused('git-no-version', { repository, version, tags: [`v${version}`, version], versions });
}

/** An archive has an empty folder in the place of a submodule: an application that lacks a part of itself. */
async function refuseSubmodules(context: Context, gitDir: string, commit: string): Promise<void> {
  const listed = await git(context, gitDir, [`--git-dir=${gitDir}`, 'ls-tree', '-r', '-z', commit]);
  const paths = listed.split('\0').flatMap((line) => /^160000 .*?\t(.*)$/s.exec(line)?.[1] ?? []);
  if (paths.length > 0) throw refused('git-submodules', { commit, paths });
}

/** Whatever the user's settings of git are, the archive holds what is committed, with modes as files here have them. */
const plainSettings = [
  ...['-c', 'tar.umask=0022', '-c', 'core.autocrlf=false', '-c', 'core.eol=lf'],
  ...['-c', 'core.attributesFile=/dev/null'],
];

/** git without anybody's settings: what filters or hooks they name is not run. */
const plainGit = (context: Context): Pick<Context, 'env'> => ({
  env: {
    ...gitEnvironment(context).env,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: undefined,
    GIT_CONFIG_PARAMETERS: undefined,
    GIT_ATTR_NOSYSTEM: '1',
  },
});

async function archive(
  context: Context,
  gitDir: string,
  commit: string,
  path: string,
  progress: (done: number) => void,
): Promise<void> {
  const args = [`--git-dir=${gitDir}`, ...plainSettings, 'archive', '--format=tar', commit];
  const partial = `${path}.partial`;
  await remove(partial);
  const hash = createHash('sha256');
  let done = 0;
  const hashing = async function* (packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of packed) {
      hash.update(chunk);
      done += chunk.length;
      progress(done);
      yield chunk;
    }
  };
  const started = stream(plainGit(context), 'git', args, { cwd: gitDir });
  try {
    const file = createWriteStream(partial, { mode: privateFile, flush: true });
    await pipeline(started.stdout, createGzip({ level: 1 }), hashing, file, { signal: context.signal });
  } catch (error) {
    started.kill();
    stopIfInterrupted(context);
    throw systemErrorCode(error) === undefined ? error : fileFailed(partial, 'written', error);
  }
  const exit = await started.exited;
  if (exit.code !== 0) throw gitFailed(args, started.stderrTail());
  await renameDurably(partial, path);
  await writeDurably(`${path}.sha256`, `${hash.digest('hex')}  ${basename(path)}\n`);
}

/** The last part of a path or an address, as the beginning of a file's name. */
const safeName = (repository: string): string =>
  (/([^/:]+?)(\.git)?\/*$/.exec(repository)?.[1] ?? 'package').replaceAll(/[^\w+-]/g, '_');

/** A repository on this machine, and who reads it. */
interface LocalRepository {
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
async function repositoryAt(context: Context, folder: string): Promise<LocalRepository> {
  const first = await readerOf(context, [folder]);
  const args = ['-C', folder, 'rev-parse', '--path-format=absolute', '--git-common-dir'];
  const run = await callGit(first, args);
  if (run.code !== 0) throw gitFailed(args, run.stderr);
  const gitDir = run.stdout.trim();
  return { gitDir, reader: await readerOf(context, [folder, gitDir]) };
}

/** The full name of the commit that a name stands for there; undefined where there is none. The name is never an option. */
async function commitIn({ gitDir, reader }: LocalRepository, name: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const run = await callGit(reader, [`--git-dir=${gitDir}`, ...args]);
  const commit = run.stdout.trim();
  return run.code === 0 && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit) ? commit : undefined;
}

/** What lists the tags of a repository, one a line. */
const listingTags: readonly string[] = ['for-each-ref', '--format=%(refname:strip=2)', 'refs/tags'];

/** The tags there. */
async function tagsIn({ gitDir, reader }: LocalRepository): Promise<readonly string[]> {
  const run = await callGit(reader, [`--git-dir=${gitDir}`, ...listingTags]);
  if (run.code !== 0) throw gitFailed(listingTags, run.stderr);
  return run.stdout.split('\n');
}

/** The options by which git fetches from there: what it starts there is the reader's. */
function fetchingOptions({ reader: { words, env } }: LocalRepository): readonly string[] {
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
async function refusePointers(
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
