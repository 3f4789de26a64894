import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isRemote } from '../config/update-source.ts';
import { inStep, note, stopIfInterrupted, type Context } from '../context.ts';
import { refused } from '../errors.ts';
import { makeStateFolder } from '../own-folders.ts';
import {
  fileFailed,
  privateFile,
  remove,
  renameDurably,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import { commitNamed, git, gitEnvironment, gitFailed } from '../system/git.ts';
import { stream } from '../system/processes.ts';
import { shownUrl } from '../system/shown-url.ts';
import { requiredKey } from './signature.ts';
import { mirrorFolder, packageFolder } from './store.ts';
import type { FoundPackage } from './types.ts';

/**
 * Makes a package of a commit of the application's repository: what is committed, and nothing that only lies in the
 * working tree. Its sum is that of the archive that is made here; the commit stands in its name, and in the record of what
 * is installed.
 *
 * @param repository a path, or an address of which we keep a copy; undefined: the one that the project folder is in
 * @param wanted a version: the tag `v<version>` or `<version>`; or anything else that git takes for a commit
 * @throws MajError `git-failed`, `git-no-version`, `git-tags-differ`, `git-no-commit`, `git-submodules`, `git-unsigned`
 */
export async function gitPackage(
  context: Context,
  repository: string | undefined,
  wanted: { readonly version: string } | { readonly name: string },
): Promise<FoundPackage> {
  const key = await requiredKey(context);
  if (key !== undefined) throw refused('git-unsigned', { keyId: key.id });
  const gitDir = await gitDirOf(context, repository);
  const origin = repository ?? context.projectDir;
  const shown = shownUrl(origin);
  const commit =
    'version' in wanted
      ? await taggedCommit(context, gitDir, shown, wanted.version)
      : await commitNamed(context, gitDir, wanted.name);
  if (commit === undefined)
    throw refused('git-no-commit', { repository: shown, name: 'name' in wanted ? wanted.name : '' });
  await refuseSubmodules(context, gitDir, commit);
  const folder = await packageFolder(context, `${origin} ${commit}`);
  const path = join(folder, `${safeName(shown)}-${commit}.tar.gz`);
  await inStep(context, 'archive-commit', { commit, repository: shown }, (progress) =>
    archive(context, gitDir, commit, path, progress),
  );
  note(context, 'package-of-commit', { commit, repository: shown, path });
  return { path, version: 'version' in wanted ? wanted.version : undefined, commit };
}

async function gitDirOf(context: Context, repository: string | undefined): Promise<string> {
  if (repository !== undefined && isRemote(repository)) return mirrorOf(context, repository);
  const folder = repository === undefined ? context.projectDir : resolve(context.projectDir, repository);
  return (await git(context, folder, ['rev-parse', '--absolute-git-dir'])).trim();
}

/** A line that brings less than 1 KB a second for a minute is given up; ssh is told so by its own options. */
const notForEver = ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=60'];

/** Our own copy of a repository, brought up to date: its branches and tags. */
async function mirrorOf(context: Context, repository: string): Promise<string> {
  const mirror = mirrorFolder(context, repository);
  await makeStateFolder(context, mirror);
  await git(context, mirror, ['init', '--quiet', '--bare', mirror]);
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const options = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
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
  context: Context,
  gitDir: string,
  repository: string,
  version: string,
): Promise<string> {
  const tags = [`v${version}`, version];
  const commits = await Promise.all(tags.map((tag) => commitNamed(context, gitDir, `refs/tags/${tag}`)));
  const [commit, ...others] = new Set(commits.filter((found) => found !== undefined));
  if (commit === undefined) throw refused('git-no-version', { repository, version, tags });
  if (others.length > 0) throw refused('git-tags-differ', { repository, tags, commits: [commit, ...others] });
  return commit;
}

/** An archive has an empty folder in the place of a submodule: an application that lacks a part of itself. */
async function refuseSubmodules(context: Context, gitDir: string, commit: string): Promise<void> {
  const listed = await git(context, gitDir, [`--git-dir=${gitDir}`, 'ls-tree', '-r', '-z', commit]);
  const paths = listed.split('\0').flatMap((line) => /^160000 .*?\t(.*)$/s.exec(line)?.[1] ?? []);
  if (paths.length > 0) throw refused('git-submodules', { commit, paths });
}

/** Whatever the user's settings of git are, the archive holds what is committed, with modes as files here have them. */
const plainSettings = ['-c', 'tar.umask=0022', '-c', 'core.autocrlf=false', '-c', 'core.eol=lf'];

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
  const started = stream(gitEnvironment(context), 'git', args, { cwd: gitDir });
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
