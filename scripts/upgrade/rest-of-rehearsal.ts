import type { Context } from '../context.ts';
import { readSchema, type Schema } from '../database/fingerprint.ts';
import { withSession } from '../database/session.ts';
import { targetFromConfig } from '../database/target.ts';
import { refused } from '../errors.ts';
import type { PendingMigration } from '../migrations/plan.ts';
import type { Receipt } from '../rehearsal/receipt.ts';

/** What of a live schema is compared with what a rehearsal saw. */
type LiveSchema = Pick<Schema, 'fingerprint' | 'tables'>;

/**
 * Whether the live schema is where a rehearsal was when a run stopped here: after the last statement that is done, by the
 * tables; before the first one as a whole, with the ledger that it makes or without. Pure.
 *
 * @param pending versions that are still to run
 * @param done statements that are done of the first of them
 */
export function isWhereRehearsed(
  receipt: Pick<Receipt, 'pending' | 'evidence' | 'schemaBefore'>,
  pending: readonly string[],
  done: number,
  live: LiveSchema,
): boolean {
  const [first] = pending;
  const ran = receipt.pending.filter((version) => !pending.includes(version));
  const passed = receipt.evidence.filter(
    ({ version, number }) => ran.includes(version) || (version === first && number <= done),
  );
  const last = passed.at(-1);
  if (last?.tablesAfter !== undefined) return last.tablesAfter === live.tables;
  if (last !== undefined) return last.after === live.fingerprint;
  return [receipt.schemaBefore, receipt.evidence[0]?.before].includes(live.fingerprint);
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
  const live = await withSession(context, target, (session) => readSchema(session, target.database));
  const isThere = isWhereRehearsed(receipt, versions, pending[0]?.done ?? 0, live);
  if (versions.join() !== rest.join() || !isThere)
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
}
