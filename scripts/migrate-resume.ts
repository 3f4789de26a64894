import type { VerbArguments, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { targetFromConfig } from './database/session/target.ts';
import { givenReason } from './migrate-accept.ts';
import { migratePending, type MigrateOption } from './migrate-pending.ts';
import { readMigrations } from './migrations/folder.ts';
import { settleDoubt, type Settlement, type Word } from './migrations/in-doubt/resolve-in-doubt.ts';
import { serverSqlMode } from './migrations/run/runner.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { readReceipts } from './rehearsal/receipt.ts';
import { ownIdentity } from './system/process/identity.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

type Arguments = Pick<VerbArguments<MigrateOption>, 'confirm' | 'options'>;

/** Settles what a dead run left in doubt, and runs what is left, once the user has agreed. */
export async function resume(context: Context, args: Arguments): Promise<VerbResult> {
  await refuseUnfinished(context);
  const settlement = await settle(context);
  const rest = await migratePending(context, args);
  return {
    data: { settlement: settlement ?? null, migrations: rest.data },
    text: (messages) => [messages.results.migrations.settled({ settlement }), ...rest.text(messages)],
  };
}

const marks = { 'mark-applied': 'applied', 'mark-not-applied': 'not-applied' } as const;
type Mark = keyof typeof marks;

/** Whether a word is one of the two actions by which the user says what became of a statement. */
export const isMark = (action: string | undefined): action is Mark =>
  action !== undefined && Object.hasOwn(marks, action);

/** Takes the user's word for what became of the statement in doubt, unless the evidence says otherwise. */
export async function mark(
  context: Context,
  args: Arguments,
  action: Mark,
  version: string,
): Promise<VerbResult> {
  await refuseUnfinished(context);
  const because = givenReason(args.options, action);
  const outcome = marks[action];
  await args.confirm(({ results }) => results.migrations.markQuestion({ version, outcome }));
  const by = `${because} (maj migrate ${action} on ${ownIdentity().host})`;
  const settlement = await settle(context, { version, outcome, because: by });
  return {
    data: settlement ?? null,
    text: ({ results }) => [results.migrations.settled({ settlement })],
  };
}

async function settle(context: Context, word?: Word): Promise<Settlement | undefined> {
  const target = targetFromConfig(context);
  const receipts = await readReceipts(context);
  return settleDoubt(context, {
    target,
    migrations: await readMigrations(await migrationsFolder(context, { use: 'read' }), context.config),
    sqlMode: context.config.DB_SQL_MODE ?? (await serverSqlMode(context, target)),
    evidence: receipts.filter(({ result }) => result === 'passed').flatMap(({ evidence }) => evidence),
    ...(word === undefined ? {} : { word }),
  });
}
