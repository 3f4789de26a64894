import { join } from 'node:path';
import { statIfThere } from '../system/files.ts';
import { archivesOf, plainFilesOf } from './file-archives.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';

/**
 * Whether every file of a backup is there in its full length: all that can be told without reading it. A backup that has
 * lost a part to somebody's clean-up must not be the reason for which others go.
 */
async function looksWhole({ folder, manifest }: Backup): Promise<boolean> {
  const { parts, files, restoreScript } = manifest;
  const expected: [path: string, bytes: number][] = [
    [join(folder, restoreScript.name), restoreScript.bytes],
    ...parts.map(({ name, storedBytes }): [string, number] => [partPath(folder, name), storedBytes]),
  ];
  if (files !== null) {
    for (const { name, storedBytes } of archivesOf(files)) expected.push([join(folder, name), storedBytes]);
    for (const { name, bytes } of plainFilesOf(files)) expected.push([join(folder, name), bytes]);
  }
  for (const [path, bytes] of expected) {
    const stats = await statIfThere(path);
    if (stats?.isFile() !== true || stats.size !== bytes) return false;
  }
  return true;
}

/** Tells the backups that look whole from those that do not; both in the order given. */
export async function sortOutWhole(
  backups: readonly Backup[],
): Promise<{ readonly whole: Backup[]; readonly broken: Backup[] }> {
  const whole: Backup[] = [];
  const broken: Backup[] = [];
  for (const backup of backups) ((await looksWhole(backup)) ? whole : broken).push(backup);
  return { whole, broken };
}
