import { createHash } from 'node:crypto';
import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, posix, relative, resolve } from 'node:path';
import { ByteReader } from '../archive/byte-reader.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { foreignMigrations } from '../migrations/other-tools.ts';
import { isScript, namedScripts } from '../migrations/script-names.ts';
import type { ReceiptScript } from '../rehearsal/receipt.ts';
import { normalChunks } from '../sql/normalize-text.ts';
import { stream } from '../system/process/processes.ts';
import { askGit, gateEnvironment } from './repository.ts';

/** What of a commit cannot be judged. */
export type ContentProblem =
  | { readonly kind: 'outside'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string }
  | { readonly kind: 'submodule'; readonly path: string; readonly commit: string }
  | { readonly kind: 'filter'; readonly path: string; readonly output: string }
  | { readonly kind: 'foreign'; readonly folder: string; readonly files: readonly string[] };

/** A folder in a commit, in the repository that it is of. */
interface Place {
  readonly context: Pick<Context, 'env' | 'projectDir'>;
  readonly commit: string;
  /** From the root of the repository; empty: the root. */
  readonly folder: string;
  /** The folder that git is called in, from the root: empty, or with a slash at its end. */
  readonly prefix: string;
}

/**
 * The migration scripts as a checkout of a commit has them: git's objects, not the working tree, which may differ; behind links
 * within the commit, in a submodule, through the filters that its attributes name. However large one is, it streams.
 *
 * @throws MajError `gate-git` when git does not know the commit; `gate-content` for what cannot be told from it; what
 *   `namedScripts` throws
 */
export async function scriptsInCommit(context: Context, commit: string): Promise<ReceiptScript[]> {
  const found = await findFolder(context, commit);
  if (found === undefined) return [];
  const { place, tree } = found;
  const entries = await readTree(place, tree);
  await refuseForeign(place, tree, entries);
  const named = namedScripts([...entries.keys()], context.config.MIGRATIONS_PATTERN);
  const sources = await sourcesOf(
    place,
    named.map(({ file }) => ({ file, entry: entries.get(file) ?? missingEntry })),
  );
  const sums = await sumsOf(place, sources);
  return named.map(({ version, name, file }) => ({ version, name, checksum: sums.get(file) ?? '' }));
}

const problemIn = (commit: string, problem: ContentProblem): Error =>
  refused('gate-content', { commit, problem });

/** The folder of the migrations; undefined where the commit has none. */
async function findFolder(
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

interface Entry {
  readonly isLink: boolean;
  readonly sha: string;
}
const missingEntry: Entry = { isLink: false, sha: '' };

/** The files in a folder. */
async function readTree({ context }: Place, tree: string): Promise<ReadonlyMap<string, Entry>> {
  const listed = await askGit(context, ['ls-tree', '-z', '--full-tree', tree]);
  const entries = new Map<string, Entry>();
  for (const line of listed.split('\0')) {
    const [, mode, sha = '', name = ''] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (mode !== undefined) entries.set(name, { isLink: mode === '120000', sha });
  }
  return entries;
}

async function refuseForeign(place: Place, tree: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const deep = ['ls-tree', '-z', '-r', '--full-tree', '--name-only', tree];
  const here = [...entries.keys()];
  const all = here.some(isScript) ? here : (await askGit(place.context, deep)).split('\0');
  const files = foreignMigrations(all);
  if (files.length > 0) throw problemIn(place.commit, { kind: 'foreign', folder: place.folder, files });
}

/** Where the bytes of a script come from. */
interface Source {
  readonly file: string;
  readonly from: 'object' | 'filter' | 'lfs';
  readonly sha: string;
}

/** Links lead to other files of the commit; attributes may name a program that makes the file of the object, or put its name in. */
async function sourcesOf(
  place: Place,
  scripts: readonly { readonly file: string; readonly entry: Entry }[],
): Promise<Source[]> {
  const links = scripts.filter(({ entry }) => entry.isLink).map(({ file }) => file);
  const targets = await resolvePaths(
    place,
    links.map((file) => pathOf(place, file)),
  );
  const resolved = new Map(links.map((file, index) => [file, targets[index]]));
  const filters = await filtersOf(
    place,
    scripts.map(({ file }) => file),
  );
  return scripts.map(({ file, entry }) => {
    if (!entry.isLink) return { file, from: filters.get(file) ?? 'object', sha: entry.sha };
    const target = resolved.get(file);
    if (target?.type !== 'blob') throw problemIn(place.commit, { kind: 'link', path: pathOf(place, file) });
    return { file, from: 'object', sha: target.sha };
  });
}

const pathOf = ({ folder }: Place, file: string): string => (folder === '' ? file : `${folder}/${file}`);

/** What paths of a commit are, links followed; `link`: one that leads out of it, or nowhere. */
type Resolved =
  { readonly type: 'tree' | 'blob'; readonly sha: string } | { readonly type: 'link' | 'missing' };

async function resolvePaths({ context, commit }: Place, paths: readonly string[]): Promise<Resolved[]> {
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

/** The scripts that a checkout makes otherwise than by copying; line ends and a byte order mark make no difference to us. */
async function filtersOf(
  place: Place,
  files: readonly string[],
): Promise<ReadonlyMap<string, Source['from']>> {
  const found = new Map<string, Source['from']>();
  if (files.length === 0) return found;
  const { context, commit, prefix } = place;
  const paths = new Map(files.map((file) => [posix.relative(prefix, pathOf(place, file)), file]));
  // The attributes of that very commit; git before 2.41 knows those of the working tree alone.
  const env = { ...context.env, GIT_ATTR_SOURCE: commit };
  const input = [...paths.keys()].map((path) => `${path}\0`).join('');
  const args = ['check-attr', '-z', '--stdin', 'filter', 'ident'];
  const answered = (await askGit({ ...context, env }, args, input)).split('\0');
  for (let at = 0; at + 2 < answered.length; at += 3) {
    const [path = '', attribute, value = ''] = answered.slice(at, at + 3);
    const file = paths.get(path);
    if (file === undefined || ['unspecified', 'unset'].includes(value)) continue;
    if (attribute === 'filter') found.set(file, value === 'lfs' ? 'lfs' : 'filter');
    else if (!found.has(file)) found.set(file, 'filter');
  }
  return found;
}

async function sumsOf(place: Place, sources: readonly Source[]): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  const plain = sources.filter(({ from }) => from !== 'filter');
  await eachObject(place, plain, async (source, chunks) => {
    const sum =
      source.from === 'lfs' ? await sumOfPointer(place, source, chunks) : await sumOf(source.file, chunks);
    sums.set(source.file, sum);
  });
  for (const source of sources)
    if (source.from === 'filter') sums.set(source.file, await sumOfFiltered(place, source));
  return sums;
}

async function sumOf(file: string, chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of normalChunks(chunks, file)) hash.update(chunk);
  return hash.digest('hex');
}

/** The contents of many objects, by one process: `git cat-file --batch` answers each name with a line and the bytes. */
async function eachObject(
  { context }: Place,
  sources: readonly Source[],
  visit: (source: Source, chunks: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  if (sources.length === 0) return;
  const args = ['cat-file', '--batch'];
  const { env } = gateEnvironment(context);
  const git = stream({ env }, 'git', args, { cwd: context.projectDir, stdin: 'pipe' });
  // A program that ends before it has read everything is told by its exit, not by the broken pipe.
  git.stdin.on('error', () => undefined).end(sources.map(({ sha }) => `${sha}\n`).join(''));
  const reader = new ByteReader(git.stdout as AsyncIterable<Buffer>);
  const failed = (sha: string): Error =>
    refused('gate-git', { command: `git ${args.join(' ')} ${sha}`, output: git.stderrTail() });
  try {
    for (const source of sources) {
      const size = Number(/ blob (\d+)$/.exec(await lineOf(reader))?.[1]);
      if (Number.isNaN(size)) throw failed(source.sha);
      const left = { bytes: size };
      await visit(source, chunksOf(reader, left));
      await reader.skip(left.bytes + 1);
    }
  } finally {
    await reader.close();
    git.kill();
    await git.exited;
  }
}

async function lineOf(reader: ByteReader): Promise<string> {
  let line = '';
  while (!(await reader.isAtEnd())) {
    const letter = (await reader.take(1)).toString('latin1');
    if (letter === '\n') break;
    line += letter;
  }
  return line;
}

async function* chunksOf(
  reader: ByteReader,
  left: { bytes: number },
): AsyncGenerator<Buffer, void, undefined> {
  while (left.bytes > 0) {
    const chunk = await reader.some(left.bytes);
    left.bytes -= chunk.length;
    yield chunk;
  }
}

/** What the file holds that a pointer of git-lfs stands for: here, or by its sum, which is that of the file itself. */
async function sumOfPointer(
  { context }: Place,
  { file }: Source,
  chunks: AsyncIterable<Buffer>,
): Promise<string> {
  const read: Buffer[] = [];
  let kept = 0;
  const hash = createHash('sha256');
  for await (const chunk of normalChunks(chunks, file)) {
    hash.update(chunk);
    if (kept < mostPointerBytes) read.push(Buffer.from(chunk));
    kept += chunk.length;
  }
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(Buffer.concat(read).toString('utf8'))?.[1];
  // Committed before the attribute was: git checks it out as it is.
  if (kept > mostPointerBytes || oid === undefined) return hash.digest('hex');
  const common = resolve(
    context.projectDir,
    (await askGit(context, ['rev-parse', '--git-common-dir'])).trim(),
  );
  const object = join(common, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  return existsSync(object) ? sumOf(file, createReadStream(object) as AsyncIterable<Buffer>) : oid;
}

const mostPointerBytes = 1024;

/** What the filters of the repository make of an object, which is what a checkout has. */
async function sumOfFiltered(place: Place, { file }: Source): Promise<string> {
  const { context, commit } = place;
  const path = pathOf(place, file);
  const env = { ...gateEnvironment(context).env, GIT_ATTR_SOURCE: commit };
  const git = stream({ env }, 'git', ['cat-file', '--filters', `${commit}:${path}`], {
    cwd: context.projectDir,
  });
  const sum = await sumOf(file, git.stdout as AsyncIterable<Buffer>);
  const { code } = await git.exited;
  if (code !== 0) throw problemIn(commit, { kind: 'filter', path, output: git.stderrTail() });
  return sum;
}
