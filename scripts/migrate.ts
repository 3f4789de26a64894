import { randomUUID } from 'node:crypto';
import { findBackup } from './backup/list.ts';
import type { Context } from './context.ts';
import { targetFromConfig } from './database/target.ts';
import { refused, wrongUsage } from './errors.ts';
import { baselineScripts, writeBaseline } from './migrations/baseline.ts';
import { readMigrations } from './migrations/folder.ts';
import { createMigration } from './migrations/new.ts';
import { folderForNew, migrationsFolder } from './migrations/places.ts';
import { refuseProblems } from './migrations/plan.ts';
import { readPlan } from './migrations/read-plan.ts';
import { runMigrations } from './migrations/runner.ts';
import { statusRows } from './migrations/status.ts';
import { rehearse } from './rehearsal/rehearse.ts';
import { ownIdentity } from './system/identity.ts';
import { findReceipt } from './upgrade/prepare.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/unfinished.ts';
import type { Verb, VerbArguments, VerbResult } from './verb.ts';

/** Runs what is pending on the live database, once that is rehearsed and the user has agreed. */
async function migrate(context: Context, args: VerbArguments<'dry-run'>): Promise<VerbResult> {
  await refuseUnfinished(context);
  const { migrations, plan } = await readPlan(context, { refuseLocked: true });
  refuseProblems(plan);
  const files = plan.pending.map(({ file }) => file);
  if (files.length === 0) return { data: [], text: ({ results }) => [results.migrations.none()] };
  if ((await findReceipt(context, migrations, plan)) === undefined)
    throw refused('migrations-not-rehearsed', { files });
  await args.confirm(({ results }) => results.migrations.question({ files }));
  const run = await runMigrations(context, {
    target: targetFromConfig(context),
    migrations: plan.pending,
    runId: `migrate-${randomUUID()}`,
    appliedBy: `maj migrate on ${ownIdentity().host}`,
  });
  return { data: run.migrations, text: ({ results }) => [results.migrations.applied({ files })] };
}

/** Runs what is pending on a copy of the newest backup, in a throwaway server. */
async function dryRunOnNewestBackup(context: Context): Promise<VerbResult> {
  const backup = await findBackup(context, undefined);
  const { dryRun, receipt } = await rehearse(context, await migrationsFolder(context), backup);
  return {
    data: dryRun.migrations,
    text: ({ results }) =>
      results.migrations.dryRun({ backup: backup.id, receipt: receipt.id, migrations: dryRun.migrations }),
  };
}

async function status(context: Context): Promise<VerbResult> {
  const { folder, plan } = await readPlan(context);
  const rows = statusRows(plan);
  const data = { folder, migrations: rows, problems: plan.problems };
  return { data, text: ({ results }) => results.migrations.status(data) };
}

async function create(context: Context, name: string): Promise<VerbResult> {
  const path = await createMigration(await folderForNew(context), name, context.clock.now());
  return { data: { path }, text: ({ results }) => [results.migrations.created({ path })] };
}

/** Takes what a database without a ledger has been through for applied, up to a version. */
async function baseline(
  context: Context,
  args: VerbArguments<'dry-run'>,
  version: string,
): Promise<VerbResult> {
  await refuseUnfinished(context);
  const scripts = baselineScripts(await readMigrations(await migrationsFolder(context)), version);
  const files = scripts.map(({ file }) => file);
  const target = targetFromConfig(context);
  await args.confirm(({ results }) =>
    results.migrations.baselineQuestion({ database: target.database, files }),
  );
  await writeBaseline(context, target, scripts, {
    runId: `baseline-${randomUUID()}`,
    appliedBy: 'maj migrate baseline',
  });
  return { data: { files }, text: ({ results }) => [results.migrations.baselined({ files })] };
}

/** `maj migrate`: the guide's "run the migration scripts", and what belongs to it. */
export const migrateVerb: Verb<'dry-run'> = {
  name: 'migrate',
  summary:
    'Runs the pending migrations on the live database, if they are rehearsed; asks before it does (--yes does not).',
  usage: ['migrate', 'migrate --dry-run', 'migrate status', 'migrate new NAME', 'migrate baseline VERSION'],
  options: {
    'dry-run': {
      type: 'boolean',
      help: 'Run them on a copy of the newest backup, in a throwaway server; the live database is left alone.',
    },
  },
  needsSettings: true,
  async run(context, args) {
    const [action, word, ...more] = args.positionals;
    if (action === 'new') return create(context, [word ?? '', ...more].join(' '));
    if (action === 'status' && word === undefined) return status(context);
    if (action === 'baseline' && word !== undefined && more.length === 0)
      return withLock(context, 'migrate', () => baseline(context, args, word));
    if (action !== undefined)
      throw wrongUsage('bad-usage', { verb: 'migrate', reason: args.positionals.join(' ') });
    return args.options['dry-run'] === true
      ? withLock(context, 'migrate', () => dryRunOnNewestBackup(context))
      : withLock(context, 'migrate', () => migrate(context, args));
  },
};
