import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/**
 * The folder whose `.env` and records count for a project: its own; but in a linked worktree of git, which has neither since
 * git tracks none of them, that of the main checkout.
 */
export function folderOfRecords(projectDir: string): string {
  if (existsSync(join(projectDir, '.env'))) return projectDir;
  const top = topOf(projectDir);
  const main = top === undefined ? undefined : mainCheckout(top);
  if (top === undefined || main === undefined) return projectDir;
  const there = join(main, relative(top, projectDir));
  return existsSync(join(there, '.env')) ? there : projectDir;
}

/** The folder with `.git`, at or above one. */
function topOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  return dirname(folder) === folder ? undefined : topOf(dirname(folder));
}

/**
 * The main checkout of a linked worktree: its `.git` is a file that names a folder in the main one's, which names that in turn
 * (gitrepository-layout(5)). Undefined for any other folder, and where the main repository has no files beside it.
 */
function mainCheckout(top: string): string | undefined {
  const link = join(top, '.git');
  if (!statSync(link).isFile()) return undefined;
  const gitDir = /^gitdir: (.*)$/m.exec(readFileSync(link, 'utf8'))?.[1];
  if (gitDir === undefined) return undefined;
  const common = join(resolve(top, gitDir), 'commondir');
  if (!existsSync(common)) return undefined;
  const main = resolve(dirname(common), readFileSync(common, 'utf8').trim());
  return basename(main) === '.git' ? dirname(main) : undefined;
}
