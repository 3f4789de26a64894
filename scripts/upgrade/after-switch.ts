import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import { readMigrations, type Migration } from '../migrations/folder.ts';
import { installedTree } from '../migrations/places.ts';

/**
 * The scripts where they are after the switch: those of the package have moved along with it.
 *
 * @throws MajError `scripts-changed` when they are not those that were rehearsed any more
 */
export async function afterSwitch(
  context: Context,
  rehearsed: readonly Migration[],
  staged: string,
): Promise<readonly Migration[]> {
  const [first] = rehearsed;
  if (first === undefined) return rehearsed;
  const within = relative(staged, dirname(first.path));
  if (within.startsWith('..') || isAbsolute(within)) return rehearsed;
  const moved = await readMigrations(join(installedTree(context), within));
  const changed = rehearsed.filter(
    ({ file, checksum }) => !moved.some((one) => one.file === file && one.checksum === checksum),
  );
  if (changed.length > 0 || moved.length !== rehearsed.length)
    throw refused('scripts-changed', { files: changed.map(({ file }) => file) });
  return moved;
}
