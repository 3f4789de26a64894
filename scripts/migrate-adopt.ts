import { randomUUID } from 'node:crypto';
import type { VerbArguments, VerbResult } from './cli/verb.ts';
import { stopIfInterrupted, type Context } from './core/context.ts';
import { withSession } from './database/session/session.ts';
import { targetFromConfig } from './database/session/target.ts';
import type { MigrateOption } from './migrate-pending.ts';
import { prepareAdoption, summaryOf } from './migrations/adopt/read.ts';
import { writeAdoption } from './migrations/adopt/write.ts';
import { readMigrations } from './migrations/folder.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** Takes over the record of migrations that another program has kept, once the user has seen what it comes to. */
export async function adopt(
  context: Context,
  args: Pick<VerbArguments<MigrateOption>, 'confirm' | 'options'>,
): Promise<VerbResult> {
  await refuseUnfinished(context);
  const { from, current, plan } = args.options;
  const wish = { from: typeof from === 'string' ? from : undefined, current: current === true };
  const migrations = await readMigrations(await migrationsFolder(context, { use: 'read' }), context.config);
  const target = targetFromConfig(context);
  const prepared = await withSession(context, target, (session) =>
    prepareAdoption(context, session, migrations, wish),
  );
  const summary = summaryOf(prepared);
  const data = { ...summary, written: plan !== true };
  if (plan === true) return { data, text: ({ results }) => results.adopt.planned(summary) };
  await args.confirm(({ results }) => results.adopt.question({ ...summary, database: target.database }));
  stopIfInterrupted(context);
  await writeAdoption(context, target, migrations, wish, prepared, `adopt-${randomUUID()}`);
  return { data, text: ({ results }) => results.adopt.adopted(summary) };
}
