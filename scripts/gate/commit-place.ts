import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, posix, relative, resolve } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { askGit } from './repository.ts';

/** What of a commit cannot be judged. */
export type ContentProblem =
  | { readonly kind: 'outside'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string }
  | { readonly kind: 'submodule'; readonly path: string; readonly commit: string }
  | { readonly kind: 'filter'; readonly path: string; readonly output: string }
  | { readonly kind: 'lfs'; readonly path: string }
  | { readonly kind: 'foreign'; readonly folder: string; readonly files: readonly string[] };

/** A folder in a commit, in the repository that it is of. */
export interface Place {
  readonly context: Pick<Context, 'env' | 'projectDir'>;
  readonly commit: string;
  /** From the root of the repository; empty: the root. */
  readonly folder: string;
  /** The folder that git is called in, from the root: empty, or with a slash at its end. */
  readonly prefix: string;
}

/** The error that such a problem is. */
export const problemIn = (commit: string, problem: ContentProblem): Error =>
  refused('gate-content', { commit, problem });

/** The folder of the migrations; undefined where the commit has none. */
export async function findFolder(
  context: Context,
  commit: string,
): Promise<{ readonly place: Place; readonly tree: string } | undefined> {
  const prefix = (await askGit(context, ['rev-parse', '--show-prefix'])).trim();
  const folder = await folderInRepository(context, commit, prefix);
  let place: Place = { context, commit, folder, prefix };
  for (;;) {
    const [found] = await resolvePaths(place, [place.folder]);
    if (found?.type === 'tree') return { place, tree: found.sha };
    const submodule = await submoduleOf(place);
    if (submodule === undefined) {
      if (found?.type === 'link') throw problemIn(commit, { kind: 'link', path: place.folder });
      return undefined;
    }
    place = submodule;
  }
}

/** MIGRATIONS_DIR as a path from the root of the repository, of which the project may be a part. */
async function folderInRepository(context: Context, commit: string, prefix: string): Promise<string> {
  const setting = context.config.MIGRATIONS_DIR;
  const outside = (): Error => problemIn(commit, { kind: 'outside', path: setting });
  if (!isAbsolute(setting)) {
    const folder = posix.normalize(`${prefix}${setting}`).replace(/\/+$/, '');
    if (folder === '..' || folder.startsWith('../')) throw outside();
    return folder === '.' ? '' : folder;
  }
  const top = realpathSync((await askGit(context, ['rev-parse', '--show-toplevel'])).trim());
  const folder = relative(top, existsSync(setting) ? realpathSync(setting) : resolve(setting));
  if (folder.startsWith('..')) throw outside();
  return folder;
}

/** The submodule that a folder lies in; undefined where it is in none. */
async function submoduleOf({ context, commit, folder }: Place): Promise<Place | undefined> {
  const parts = folder.split('/').filter((part) => part !== '');
  const ways = parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
  if (ways.length === 0) return undefined;
  const listed = await askGit(context, ['ls-tree', '-z', '--full-tree', commit, '--', ...ways]);
  const [, sha = '', path] = /(?:^|\0)160000 commit ([0-9a-f]+)\t([^\0]*)/.exec(listed) ?? [];
  if (path === undefined) return undefined;
  const top = (await askGit(context, ['rev-parse', '--show-toplevel'])).trim();
  const inside = { env: context.env, projectDir: join(top, path) };
  const isThere =
    existsSync(join(inside.projectDir, '.git')) &&
    (await askGit(inside, ['cat-file', '-e', `${sha}^{commit}`]).then(
      () => true,
      () => false,
    ));
  if (!isThere) throw problemIn(commit, { kind: 'submodule', path, commit: sha });
  return { context: inside, commit: sha, folder: folder.slice(path.length + 1), prefix: '' };
}

/** The path of a file of the folder, from the root of the repository. */
export const pathOf = ({ folder }: Place, file: string): string =>
  folder === '' ? file : `${folder}/${file}`;

/** What paths of a commit are, links followed; `link`: one that leads out of it, or nowhere. */
type Resolved =
  { readonly type: 'tree' | 'blob'; readonly sha: string } | { readonly type: 'link' | 'missing' };

/** What is at paths of a commit. */
export async function resolvePaths(
  { context, commit }: Place,
  paths: readonly string[],
): Promise<Resolved[]> {
  if (paths.length === 0) return [];
  const asked = paths.map((path) => `${commit}:${path}\n`).join('');
  const lines = (await askGit(context, ['cat-file', '--batch-check', '--follow-symlinks'], asked)).split(
    '\n',
  );
  const found: Resolved[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, sha = '', type] = /^([0-9a-f]{40,64}) (tree|blob) \d+$/.exec(line) ?? [];
    if (type === 'tree' || type === 'blob') found.push({ type, sha });
    else if (/^(?:symlink|dangling|loop|notdir) \d+$/.test(line)) {
      found.push({ type: 'link' });
      at += 1;
    } else if (line !== '') found.push({ type: 'missing' });
  }
  return found;
}
