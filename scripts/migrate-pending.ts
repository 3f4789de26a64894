import { randomUUID } from 'node:crypto';
import type { VerbArguments, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { refused } from './core/errors.ts';
import { targetFromConfig } from './database/session/target.ts';
import { pendingUpTo, refuseProblems } from './migrations/plan.ts';
import { readPlan } from './migrations/read-plan.ts';
import { runMigrations } from './migrations/run/runner.ts';
import { findReceipt } from './rehearsal/find-receipt.ts';
import { ownIdentity } from './system/process/identity.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** What `maj migrate` takes beside what every verb does. */
export type MigrateOption = 'dry-run' | 'format' | 'to' | 'because' | 'sha256' | 'from' | 'current' | 'plan';

/** Runs what is pending on the live database, once that is rehearsed and the user has agreed. */
export async function migratePending(
  context: Context,
  args: Pick<VerbArguments<MigrateOption>, 'confirm' | 'options'>,
): Promise<VerbResult> {
  await refuseUnfinished(context);
  const { migrations, plan } = await readPlan(context, { refuseLocked: true });
  refuseProblems(plan);
  const { to } = args.options;
  const pending = typeof to === 'string' ? pendingUpTo(plan, migrations, to) : plan.pending;
  const partly = pending.length < plan.pending.length;
  const files = pending.map(({ file }) => file);
  if (files.length === 0) return { data: [], text: ({ results }) => [results.migrations.none({ partly })] };
  if ((await findReceipt(context, migrations, { pending }, { partly, rest: true })) === undefined)
    throw refused('migrations-not-rehearsed', { files });
  await args.confirm(({ results }) => results.migrations.question({ files }));
  const run = await runMigrations(context, {
    target: targetFromConfig(context),
    migrations: pending,
    runId: `migrate-${randomUUID()}`,
    appliedBy: `maj migrate on ${ownIdentity().host}`,
  });
  return { data: run.migrations, text: ({ results }) => [results.migrations.applied({ files })] };
}
