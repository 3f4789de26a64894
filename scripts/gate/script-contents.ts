import { createReadStream, existsSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ByteReader } from '../archive/byte-reader.ts';
import { refused } from '../core/errors.ts';
import { stream } from '../system/process/processes.ts';
import { pathOf, problemIn, resolvePaths, type Place } from './commit-place.ts';
import { askGit, gateEnvironment } from './repository.ts';

/** What a folder of a commit has under a name. */
export interface Entry {
  readonly isLink: boolean;
  readonly sha: string;
}

/** Where the bytes of a script come from. */
interface Source {
  readonly file: string;
  readonly from: 'object' | 'filter' | 'lfs';
  readonly sha: string;
}

/** What a checkout has of a script: its bytes; or their SHA-256, where git-lfs keeps them elsewhere. */
type Content = { readonly chunks: AsyncIterable<Buffer> } | { readonly sum: string };

/** Takes a script. What it leaves of the bytes is passed over. */
export type Visit = (file: string, content: Content) => Promise<void>;

/** Links lead to other files of the commit; attributes may name a program that makes the file of the object, or put its name in. */
export async function sourcesOf(
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

/** Hands on the contents of scripts, each as far as it is asked for. */
export async function eachContent(place: Place, sources: readonly Source[], visit: Visit): Promise<void> {
  const plain = sources.filter(({ from }) => from !== 'filter');
  await eachObject(place, plain, async ({ file, from }, object) =>
    visit(file, from === 'lfs' ? await behindPointer(place, object) : object),
  );
  for (const source of sources) if (source.from === 'filter') await visitFiltered(place, source, visit);
}

/** An object of git: its size, and its bytes, which can be read once. */
interface GitObject {
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** The contents of many objects, by one process: `git cat-file --batch` answers each name with a line and the bytes. */
async function eachObject(
  { context }: Place,
  sources: readonly Source[],
  visit: (source: Source, object: GitObject) => Promise<void>,
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
      const bytes = Number(/ blob (\d+)$/.exec(await lineOf(reader))?.[1]);
      if (Number.isNaN(bytes)) throw failed(source.sha);
      const left = { bytes };
      await visit(source, { bytes, chunks: chunksOf(reader, left) });
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

/** git-lfs makes none that is longer (its specification, "The pointer"). */
const mostPointerBytes = 1024;

/** What git-lfs makes of an object. One that is no pointer was committed before the attribute: it is checked out as it is. */
async function behindPointer({ context }: Place, { bytes, chunks }: GitObject): Promise<Content> {
  if (bytes > mostPointerBytes) return { chunks };
  const pointer = await buffer(chunks);
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(pointer.toString('utf8'))?.[1];
  if (oid === undefined) return { chunks: Readable.from([pointer]) };
  const common = resolve(
    context.projectDir,
    (await askGit(context, ['rev-parse', '--git-common-dir'])).trim(),
  );
  const object = join(common, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  // The sum in the pointer is that of the file itself.
  return existsSync(object) ? { chunks: createReadStream(object) as AsyncIterable<Buffer> } : { sum: oid };
}

/** What the filters of the repository make of an object, which is what a checkout has. */
async function visitFiltered(place: Place, { file }: Source, visit: Visit): Promise<void> {
  const { context, commit } = place;
  const path = pathOf(place, file);
  const env = { ...gateEnvironment(context).env, GIT_ATTR_SOURCE: commit };
  const git = stream({ env }, 'git', ['cat-file', '--filters', `${commit}:${path}`], {
    cwd: context.projectDir,
  });
  await visit(file, { chunks: git.stdout as AsyncIterable<Buffer> });
  const { code } = await git.exited;
  if (code !== 0) throw problemIn(commit, { kind: 'filter', path, output: git.stderrTail() });
}
