import { randomUUID } from 'node:crypto';
import { findBackup } from './backup/find.ts';
import type { Verb, VerbArguments, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { targetFromConfig } from './database/session/target.ts';
import { accept } from './migrate-accept.ts';
import { adopt } from './migrate-adopt.ts';
import { checkFormats, checkMigrations } from './migrate-check.ts';
import { migratePending, type MigrateOption } from './migrate-pending.ts';
import { isMark, mark, resume } from './migrate-resume.ts';
import { baselineScripts, writeBaseline } from './migrations/baseline.ts';
import { readMigrations } from './migrations/folder.ts';
import { createMigration } from './migrations/new.ts';
import { readPlan } from './migrations/read-plan.ts';
import { folderForNew, migrationsFolder } from './migrations/scripts-folder.ts';
import { statusExitCode, statusRows } from './migrations/status.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** Runs what is pending on a copy of the newest backup, in a throwaway server. */
async function dryRunOnNewestBackup(context: Context): Promise<VerbResult> {
  // Loaded when it is asked for: archives and servers are no concern of the verb's other uses, and cost their start 0.2 s.
  const { rehearse } = await import('./rehearsal/rehearse.ts');
  const backup = await findBackup(context, undefined);
  const { dryRun, receipt } = await rehearse(context, await migrationsFolder(context), backup);
  return {
    data: dryRun,
    text: ({ results }) => results.migrations.dryRun({ ...dryRun, backup: backup.id, receipt: receipt.id }),
  };
}

async function status(context: Context): Promise<VerbResult> {
  const { folder, plan } = await readPlan(context, { use: 'read' });
  const rows = statusRows(plan);
  const data = { folder, migrations: rows, problems: plan.problems };
  return {
    data,
    text: ({ results }) => results.migrations.status(data),
    exitCode: statusExitCode(plan),
  };
}

async function create(context: Context, name: string): Promise<VerbResult> {
  const path = await createMigration(await folderForNew(context), name, {
    now: context.clock.now(),
    settings: context.config,
  });
  return { data: { path }, text: ({ results }) => [results.migrations.created({ path })] };
}

/** Takes what a database without a ledger has been through for applied, up to a version. */
async function baseline(
  context: Context,
  args: VerbArguments<MigrateOption>,
  version: string,
): Promise<VerbResult> {
  await refuseUnfinished(context);
  const folder = await migrationsFolder(context, { use: 'read' });
  const scripts = baselineScripts(await readMigrations(folder, context.config), version, folder);
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
export const migrateVerb: Verb<MigrateOption> = {
  name: 'migrate',
  usage: [
    'migrate',
    'migrate --to VERSION',
    'migrate --dry-run',
    'migrate status',
    'migrate check [FILE ...] [--format FORMAT]',
    'migrate new NAME',
    'migrate resume',
    'migrate mark-applied VERSION --because TEXT',
    'migrate mark-not-applied VERSION --because TEXT',
    'migrate accept VERSION [--sha256 SUM] --because TEXT',
    'migrate baseline VERSION',
    'migrate adopt [--from TABLE] [--current] [--plan]',
  ],
  options: {
    'dry-run': {
      type: 'boolean',
      help: 'Run them on a copy of the newest backup, in a throwaway server; the live database is left alone.',
    },
    to: { type: 'string', value: 'VERSION', help: 'Run no script after this one.' },
    because: {
      type: 'string',
      value: 'TEXT',
      help: 'How you know what became of the statement in doubt, or why accept may take an edited script; it is kept in the ledger.',
    },
    sha256: {
      type: 'string',
      value: 'SUM',
      help: 'The text that accept takes, where it is not that of the script in MIGRATIONS_DIR but of a package: the error names it.',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      help: `How check prints what it finds in the scripts: ${checkFormats.join(', ')}.`,
    },
    from: {
      type: 'string',
      value: 'TABLE',
      help: 'The table in which another program has recorded its migrations, for adopt.',
    },
    current: {
      type: 'boolean',
      help: 'The one row of that table is the version that the database is at: all up to it is applied.',
    },
    plan: { type: 'boolean', help: 'Show what adopt would write, and write nothing.' },
  },
  needsSettings: true,
  async run(context, args) {
    const [action, word, ...more] = args.positionals;
    if (action === 'check') return checkMigrations(context, args.options.format, args.positionals.slice(1));
    if (args.options.format !== undefined)
      throw wrongUsage('bad-usage', { verb: 'migrate', reason: '--format is for check' });
    const foreign = (['from', 'current', 'plan'] as const).find((name) => args.options[name] !== undefined);
    if (action === 'adopt' && word === undefined)
      return withLock(context, 'migrate', () => adopt(context, args));
    if (foreign !== undefined)
      throw wrongUsage('bad-usage', { verb: 'migrate', reason: `--${foreign} is for adopt` });
    if (args.options.sha256 !== undefined && action !== 'accept')
      throw wrongUsage('bad-usage', { verb: 'migrate', reason: '--sha256 is for accept' });
    if (action === 'new') return create(context, [word ?? '', ...more].join(' '));
    if (action === 'status' && word === undefined) return status(context);
    if (action === 'resume' && word === undefined)
      return withLock(context, 'migrate', () => resume(context, args));
    if (isMark(action) && word !== undefined && more.length === 0)
      return withLock(context, 'migrate', () => mark(context, args, action, word));
    if (action === 'accept' && word !== undefined && more.length === 0)
      return withLock(context, 'migrate', () => accept(context, args, word));
    if (action === 'baseline' && word !== undefined && more.length === 0)
      return withLock(context, 'migrate', () => baseline(context, args, word));
    if (action !== undefined)
      throw wrongUsage('bad-usage', { verb: 'migrate', reason: args.positionals.join(' ') });
    return args.options['dry-run'] === true
      ? withLock(context, 'migrate', () => dryRunOnNewestBackup(context))
      : withLock(context, 'migrate', () => migratePending(context, args));
  },
};
