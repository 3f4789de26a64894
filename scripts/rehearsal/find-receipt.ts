import { backupsOf, listBackups } from '../backup/list.ts';
import type { Context } from '../core/context.ts';
import { readSchema } from '../database/fingerprint.ts';
import { liveDatabase } from '../database/identity.ts';
import { withSession } from '../database/session/session.ts';
import { addressText, targetFromConfig } from '../database/session/target.ts';
import type { Migration } from '../migrations/migration.ts';
import type { MigrationPlan } from '../migrations/plan.ts';
import {
  coveringReceipt,
  readReceipts,
  receiptOfRest,
  runSettings,
  type CoverFacts,
  type Receipt,
  type RehearsedDatabase,
} from './receipt.ts';

/**
 * The database of the settings, as a receipt names it. Here, and not beside the receipts: the gate reads those, and starts
 * without the database driver.
 */
export async function rehearsedDatabase(
  context: Pick<Context, 'config' | 'projectDir' | 'signal'>,
): Promise<RehearsedDatabase> {
  const target = targetFromConfig(context);
  const server = (await liveDatabase(context))?.server;
  return {
    name: target.database,
    address: addressText(target),
    ...(server === undefined ? {} : { server }),
    ...runSettings(context.config),
  };
}

/**
 * The receipt that covers exactly this upgrade of exactly this database, as it is now.
 *
 * @param options `partly`: only the first of the pending scripts are to run; `rest`: where a run of the scripts stopped
 *   half-way, also the receipt that it had followed so far
 */
export async function findReceipt(
  context: Context,
  migrations: readonly Migration[],
  plan: Pick<MigrationPlan, 'pending'>,
  { rest = false, ...options }: { readonly partly?: boolean; readonly rest?: boolean } = {},
): Promise<Receipt | undefined> {
  const target = targetFromConfig(context);
  const live = await withSession(context, target, async (session) => ({
    schema: await readSchema(session, target.database),
    server: session.server,
  }));
  const database = await rehearsedDatabase(context);
  const facts: CoverFacts = {
    ...live,
    database,
    ...options,
    receipts: await readReceipts(context),
    scripts: migrations,
    pending: plan.pending.map(({ version }) => version),
    provenBackups: backupsOf(database, await listBackups(context))
      .filter(({ proof }) => proof !== null)
      .map(({ id, manifest }) => ({ id, createdAt: manifest.createdAt })),
    now: context.clock.now(),
    maxAgeMs: context.config.BACKUP_MAX_AGE,
  };
  return coveringReceipt(facts) ?? (rest ? receiptOfRest(facts, plan.pending[0]?.done ?? 0) : undefined);
}
