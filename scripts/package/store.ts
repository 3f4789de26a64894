import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { lutimesSync } from '../system/symlink-safe-fs.ts';
import { fileFailed, namesIn, remove, statIfThere } from '../system/files.ts';

/** How many packages that were fetched are kept: the installed one, the one before, the next. */
const kept = 3;

/** Where packages lie that were fetched, a private folder each. */
const packagesDir = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'packages');

/**
 * The folder for a package from somewhere else, made; those of older packages but the last few are removed.
 *
 * @param origin what tells it from every other package, such as its address
 */
export async function packageFolder(context: Context, origin: string): Promise<string> {
  const name = nameOf(origin);
  const folder = join(packagesDir(context), name);
  await makeStateFolder(context, folder);
  try {
    const now = context.clock.now();
    lutimesSync(folder, now, now);
  } catch (error) {
    throw fileFailed(folder, 'written to', error);
  }
  await removeOld(packagesDir(context));
  return folder;
}

/** The folder for our copy of a repository, not yet made. */
export const mirrorFolder = (context: Pick<Context, 'projectDir'>, repository: string): string =>
  join(stateDir(context), 'repositories', `${nameOf(repository)}.git`);

const nameOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 16);

async function removeOld(folder: string): Promise<void> {
  const found: { path: string; usedMs: number }[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const stats = await statIfThere(path);
    // Another maj, which plans, may just have removed it.
    if (stats !== undefined) found.push({ path, usedMs: stats.mtimeMs });
  }
  const old = found.sort((a, b) => b.usedMs - a.usedMs).slice(kept);
  for (const { path } of old) await remove(path);
}
