import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { readSchema } from '../database/fingerprint.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import type { PendingMigration } from '../migrations/migration.ts';
import { isRunAlike, isWhereRehearsed, runSettings, type Receipt } from '../rehearsal/receipt.ts';

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
