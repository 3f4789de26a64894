import type { Context } from '../context.ts';
import { schemaFingerprint } from '../database/fingerprint.ts';
import { withSession } from '../database/session.ts';
import { targetFromConfig } from '../database/target.ts';
import { refused } from '../errors.ts';
import type { PendingMigration } from '../migrations/plan.ts';
import type { Receipt } from '../rehearsal/receipt.ts';

/**
 * The fingerprints that the live schema may have when a run stopped here: what the rehearsal saw after the last statement
 * that is done; before the first one, with the ledger that it makes or without. Pure.
 *
 * @param pending versions that are still to run
 * @param done statements that are done of the first of them
 */
export function schemasSeenThen(
  receipt: Pick<Receipt, 'pending' | 'evidence' | 'schemaBefore'>,
  pending: readonly string[],
  done: number,
): string[] {
  const [first] = pending;
  const ran = receipt.pending.filter((version) => !pending.includes(version));
  const passed = receipt.evidence.filter(
    ({ version, number }) => ran.includes(version) || (version === first && number <= done),
  );
  const last = passed.at(-1);
  if (last !== undefined) return [last.after];
  return [receipt.schemaBefore, ...receipt.evidence.slice(0, 1).map(({ before }) => before)];
}

/**
 * Refuses to go on with migrations where a run stopped, unless what is left is the rest of what was rehearsed, and the
 * live schema is where the rehearsal was at that point.
 *
 * @throws MajError `rehearsal-differs`
 */
export async function refuseUnrehearsedRest(
  context: Context,
  receipt: Receipt,
  pending: readonly PendingMigration[],
): Promise<void> {
  const target = targetFromConfig(context);
  const versions = pending.map(({ version }) => version);
  const rest = receipt.pending.slice(receipt.pending.length - versions.length);
  const live = await withSession(context, target, (session) => schemaFingerprint(session, target.database));
  const seen = schemasSeenThen(receipt, versions, pending[0]?.done ?? 0);
  if (versions.join() !== rest.join() || !seen.includes(live))
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
}
