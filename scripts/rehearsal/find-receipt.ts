import { listBackups } from '../backup/list.ts';
import type { Context } from '../context.ts';
import { readSchema } from '../database/fingerprint.ts';
import { withSession } from '../database/session.ts';
import { targetFromConfig } from '../database/target.ts';
import type { Migration } from '../migrations/folder.ts';
import type { MigrationPlan } from '../migrations/plan.ts';
import { coveringReceipt, receiptOfRest, type CoverFacts } from './covers.ts';
import { readReceipts, rehearsedDatabase, type Receipt } from './receipt.ts';

/**
 * The receipt that covers exactly this upgrade of exactly this database, as it is now; or, where a run stopped half-way,
 * the one that it had followed so far.
 *
 * @param options `partly`: only the first of the pending scripts are to run
 */
export async function findReceipt(
  context: Context,
  migrations: readonly Migration[],
  plan: Pick<MigrationPlan, 'pending'>,
  options: { readonly partly?: boolean } = {},
): Promise<Receipt | undefined> {
  const target = targetFromConfig(context);
  const live = await withSession(context, target, async (session) => ({
    schema: await readSchema(session, target.database),
    server: session.server,
  }));
  const facts: CoverFacts = {
    ...live,
    database: rehearsedDatabase(context),
    ...options,
    receipts: await readReceipts(context),
    scripts: migrations,
    pending: plan.pending.map(({ version }) => version),
    provenBackups: (await listBackups(context))
      .filter(({ proof }) => proof !== null)
      .map(({ id, manifest }) => ({ id, createdAt: manifest.createdAt })),
    now: context.clock.now(),
    maxAgeMs: context.config.BACKUP_MAX_AGE,
  };
  return coveringReceipt(facts) ?? receiptOfRest(facts, plan.pending[0]?.done ?? 0);
}
