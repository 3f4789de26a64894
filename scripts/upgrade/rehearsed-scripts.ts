import { isAbsolute, join, relative } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { readSchema } from '../database/fingerprint.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { readMigrations } from '../migrations/folder.ts';
import type { Migration, PendingMigration } from '../migrations/migration.ts';
import { fileOfRecord } from '../migrations/script-names.ts';
import { installedTree } from '../migrations/scripts-folder.ts';
import {
  isRunAlike,
  isWhereRehearsed,
  runSettings,
  type Receipt,
  type ReceiptScript,
} from '../rehearsal/receipt.ts';

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

/**
 * Refuses to go on with migrations where a run stopped, unless what is left is the rest of what was rehearsed, and the
 * live schema is where the rehearsal was at that point.
 *
 * @throws MajError `rehearsal-differs`, `script-settings-differ`
 */
export async function refuseUnrehearsedRest(
  context: Context,
  receipt: Receipt,
  pending: readonly PendingMigration[],
): Promise<void> {
  const target = targetFromConfig(context);
  const versions = pending.map(({ version }) => version);
  const rest = receipt.pending.slice(receipt.pending.length - versions.length);
  const live = await withSession(context, target, (session) => readSchema(session, target.database));
  const isThere = isWhereRehearsed(receipt, versions[0], pending[0]?.done ?? 0, live);
  if (!isRunAlike(receipt.database, runSettings(context.config)))
    throw refused('script-settings-differ', { rehearsed: receipt.database });
  if (versions.join() !== rest.join() || !isThere)
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
}
