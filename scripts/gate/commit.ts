import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { foreignMigrations } from '../migrations/other-tools.ts';
import { isScript, namedScripts, type ScriptName } from '../migrations/script-names.ts';
import { normalChunks } from '../sql/normalize-text.ts';
import { fileFailed, privateFile, systemErrorCode } from '../system/files.ts';
import { findFolder, pathOf, problemIn, type Place } from './commit-place.ts';
import type { CommitScript } from './decide.ts';
import { askGit } from './repository.ts';
import { eachContent, sourcesOf, type Entry, type Visit } from './script-contents.ts';

/**
 * Reads the migration scripts as a checkout of a commit has them: git's objects, not the working tree, which may differ; behind
 * links within the commit, in a submodule, through the filters that its attributes name. However large one is, it streams.
 *
 * @returns their names and paths, in order; undefined where the commit has no folder of them
 * @throws MajError `gate-git` when git does not know the commit; `gate-content` for what cannot be told from it; what
 *   `namedScripts` throws
 */
async function readScripts(
  context: Context,
  commit: string,
  visit: Visit,
): Promise<readonly (ScriptName & { readonly path: string })[] | undefined> {
  const found = await findFolder(context, commit);
  if (found === undefined) return undefined;
  const { place, tree } = found;
  const entries = await readTree(place, tree);
  await refuseForeign(place, tree, entries);
  const named = namedScripts([...entries.keys()], context.config.MIGRATIONS_PATTERN);
  const scripts = named.map(({ file }) => ({ file, entry: entries.get(file) ?? missingEntry }));
  await eachContent(place, await sourcesOf(place, scripts), visit);
  return named.map((script) => ({ ...script, path: pathOf(place, script.file) }));
}

/**
 * The migration scripts of a commit, with what a receipt knows of them; none where it has no folder of them.
 *
 * @throws MajError as `readScripts` does
 */
export async function scriptsInCommit(context: Context, commit: string): Promise<CommitScript[]> {
  const sums = new Map<string, string>();
  const named = await readScripts(context, commit, async (file, content) => {
    sums.set(file, 'sum' in content ? content.sum : await sumOf(file, content.chunks));
  });
  return (named ?? []).map(({ version, name, file, path }) => ({
    version,
    name,
    checksum: sums.get(file) ?? '',
    path,
  }));
}

async function sumOf(file: string, chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of normalChunks(chunks, file)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Writes the migration scripts of a commit into a folder that is empty.
 *
 * @throws MajError as `readScripts` does, `gate-content` for what git-lfs keeps elsewhere as well; `migrations-folder-missing`;
 *   `file-failed`
 */
export async function writeScripts(context: Context, commit: string, folder: string): Promise<void> {
  const named = await readScripts(context, commit, async (file, content) => {
    if ('sum' in content) throw problemIn(commit, { kind: 'lfs', path: file });
    const path = join(folder, file);
    try {
      await writeFile(path, content.chunks, { mode: privateFile, flag: 'wx' });
    } catch (error) {
      throw systemErrorCode(error) === undefined ? error : fileFailed(path, 'written', error);
    }
  });
  const place = `${context.config.MIGRATIONS_DIR} in the commit ${commit.slice(0, 12)}`;
  if (named === undefined) throw wrongUsage('migrations-folder-missing', { places: [place] });
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
