import { isAbsolute, posix } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { parseMigrations } from '../migrations/folder.ts';
import { isScript } from '../migrations/names.ts';
import type { ReceiptScript } from '../rehearsal/receipt.ts';
import { captureBytes } from '../system/process/processes.ts';
import { askGit, gateEnvironment } from './repository.ts';

/**
 * The migration scripts as they stand in a commit: git's objects, not the working tree, which may differ.
 *
 * @throws MajError `gate-git` when git does not know the commit
 */
export async function scriptsInCommit(context: Context, commit: string): Promise<ReceiptScript[]> {
  const folder = await folderInRepository(context);
  const listed = await askGit(context, [
    'ls-tree',
    '-z',
    '--full-tree',
    '--name-only',
    commit,
    '--',
    `${folder}/`,
  ]);
  const paths = listed.split('\0').filter((path) => isScript(posix.basename(path)));
  const blobs = await readBlobs(
    context,
    paths.map((path) => `${commit}:${path}`),
  );
  const files = paths.map((path, index) => ({
    name: path.slice(folder.length + 1),
    content: blobs[index] ?? Buffer.alloc(0),
  }));
  return parseMigrations(files, context.config).map(({ version, name, checksum }) => ({
    version,
    name,
    checksum,
  }));
}

/** The contents of many objects, by one process: `git cat-file --batch` answers each name with a line and the bytes. */
async function readBlobs(context: Context, names: readonly string[]): Promise<Buffer[]> {
  if (names.length === 0) return [];
  const args = ['cat-file', '--batch'];
  const input = names.map((name) => `${name}\n`).join('');
  const output = await captureBytes(gateEnvironment(context), 'git', args, {
    cwd: context.projectDir,
    input,
  });
  const blobs: Buffer[] = [];
  let at = 0;
  for (const name of names) {
    const lineEnd = output.stdout.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(output.stdout.toString('utf8', at, lineEnd))?.[1]);
    if (output.code !== 0 || lineEnd < 0 || Number.isNaN(size)) {
      throw refused('gate-git', { command: `git ${args.join(' ')} ${name}`, output: output.stderr });
    }
    blobs.push(output.stdout.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
  }
  return blobs;
}

/** MIGRATIONS_DIR as a path from the root of the repository, of which the project may be a part. */
async function folderInRepository(context: Context): Promise<string> {
  const setting = context.config.MIGRATIONS_DIR.replace(/^\.\//, '').replace(/\/+$/, '');
  if (!isAbsolute(setting)) {
    const prefix = (await askGit(context, ['rev-parse', '--show-prefix'])).trim();
    return posix.normalize(`${prefix}${setting}`);
  }
  const top = (await askGit(context, ['rev-parse', '--show-toplevel'])).trim();
  return setting.startsWith(`${top}/`) ? setting.slice(top.length + 1) : setting;
}
