import { dirname, resolve } from 'node:path';
import { makeFolders } from '../system/symlink-safe-fs.ts';
import { readIfThere, realPathOf, remove, statIfThere, writeDurably } from '../system/files.ts';
import { editedPaths, type Edit } from './edits.ts';
import type { Project } from './project.ts';

/** Reads every file that may be edited: by its path, its text; undefined where it is not there. */
export async function readTexts(project: Project): Promise<(path: string) => string | undefined> {
  const texts = new Map<string, string | undefined>();
  for (const path of editedPaths(project)) texts.set(path, await readIfThere(resolve(project.top, path)));
  return (path) => texts.get(path);
}

/** Writes what was planned; a file keeps its mode. */
export async function writeEdits({ top }: Pick<Project, 'top'>, edits: readonly Edit[]): Promise<void> {
  for (const { path: name, after, isProgram } of edits) {
    const path = await realPathOf(resolve(top, name));
    if (after === undefined) await remove(path);
    else {
      makeFolders(dirname(path));
      const mode = (await statIfThere(path))?.mode ?? 0o644;
      await writeDurably(path, after, (mode & 0o777) | (isProgram ? 0o111 : 0));
    }
  }
}
