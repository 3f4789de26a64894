import type { Context } from '../context.ts';
import { readSchema } from '../database/fingerprint.ts';
import { withSession } from '../database/session.ts';
import { targetFromConfig } from '../database/target.ts';
import { refused } from '../errors.ts';
import type { PendingMigration } from '../migrations/plan.ts';
import { placeholdersText } from '../migrations/placeholders.ts';
import { isFilledAlike, isWhereRehearsed } from '../rehearsal/covers.ts';
import type { Receipt } from '../rehearsal/receipt.ts';

/**
 * Refuses to go on with migrations where a run stopped, unless what is left is the rest of what was rehearsed, and the
 * live schema is where the rehearsal was at that point.
 *
 * @throws MajError `rehearsal-differs`, `placeholders-differ`
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
  const isAlike = isFilledAlike(receipt, placeholdersText(context.config.MIGRATIONS_PLACEHOLDERS));
  if (!isAlike) throw refused('placeholders-differ', { rehearsed: receipt.database?.placeholders ?? '' });
  if (versions.join() !== rest.join() || !isThere)
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
}
