import { isAbsolute, join, relative } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { readMigrations } from '../migrations/folder.ts';
import type { Migration } from '../migrations/migration.ts';
import { fileOfRecord } from '../migrations/names.ts';
import { installedTree } from '../migrations/places.ts';
import type { ReceiptScript } from '../rehearsal/receipt.ts';

/**
 * The scripts where they are after the switch: those of the package have moved along with it.
 *
 * @param folder where they were when they were rehearsed
 * @throws MajError `scripts-changed` when they are not those that were rehearsed any more
 */
export async function afterSwitch(
  context: Context,
  folder: string,
  staged: string,
  rehearsed: readonly ReceiptScript[],
): Promise<readonly Migration[]> {
  if (rehearsed.length === 0) return [];
  const within = relative(staged, folder);
  const isOutside = within.startsWith('..') || isAbsolute(within);
  const found = await readMigrations(
    isOutside ? folder : join(installedTree(context), within),
    context.config,
  );
  const isSame = (one: Migration, other: ReceiptScript): boolean =>
    one.version === other.version && one.checksum === other.checksum;
  const changed = rehearsed.filter((script) => !found.some((one) => isSame(one, script)));
  if (changed.length > 0 || found.length !== rehearsed.length)
    throw refused('scripts-changed', {
      files: changed.map(fileOfRecord),
    });
  return found;
}
