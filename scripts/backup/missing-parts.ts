import { join } from 'node:path';
import { statIfThere } from '../system/files.ts';
import { archivesOf, plainFilesOf } from './files/read-archives.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';

/**
 * The first file of a backup that is not there, or has another size than its manifest says; undefined: all are there. Quick:
 * what they hold is for `verify`.
 */
export async function missingPart({
  folder,
  manifest: { parts, files, restoreScript },
}: Backup): Promise<string | undefined> {
  const plain = [restoreScript, ...(files === null ? [] : plainFilesOf(files))];
  const archives = files === null ? [] : archivesOf(files);
  const expected = [
    ...parts.map(({ name, storedBytes }) => ({ path: partPath(folder, name), name, size: storedBytes })),
    ...archives.map(({ name, storedBytes }) => ({ path: join(folder, name), name, size: storedBytes })),
    ...plain.map(({ name, bytes }) => ({ path: join(folder, name), name, size: bytes })),
  ];
  for (const { path, name, size } of expected) {
    const found = await statIfThere(path);
    if (found?.isFile() !== true || found.size !== size) return name;
  }
  return undefined;
}
