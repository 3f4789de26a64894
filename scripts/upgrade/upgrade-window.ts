import { checkHealth, runSmoke } from '../application/health.ts';
import { markAgain, newLogErrors, type LogBaseline } from '../application/logs.ts';
import type { FilesAhead } from '../backup/files/files-ahead.ts';
import type { Backup } from '../backup/list.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { refuseProblems } from '../migrations/plan.ts';
import { planLive } from '../migrations/read-plan.ts';
import { runMigrations } from '../migrations/run/runner.ts';
import type { Receipt } from '../rehearsal/receipt.ts';
import { prepareSwitch } from '../release/prepare.ts';
import type { PreparedUpgrade } from './prepare.ts';
import { takeProven, type Prover } from './prove-window-backup.ts';
import { afterSwitch, refuseUnrehearsedRest } from './rehearsed-scripts.ts';
import type { UpgradeRun } from './timed-steps.ts';
import type { WindowWork } from './window.ts';

/**
 * What the window of an upgrade does.
 *
 * @param options `prover`: not given where no backup has to be taken any more; `ahead`: the files, where this process has
 *   archived them; `resumed`: a run before may have migrated
 *   already
 */
export function upgradeWindow(
  run: UpgradeRun,
  prepared: PreparedUpgrade,
  options: {
    readonly prover: Prover | undefined;
    readonly ahead?: FilesAhead;
    readonly resumed: boolean;
  },
): WindowWork {
  const { context, journal } = run;
  const { staged, completed, receipt } = prepared;
  const { prover, ahead, resumed } = options;
  let { logs } = prepared;
  return {
    version: staged.version,
    reason: `upgrade to ${staged.version}`,
    backUp: () => takeProvenBackup(context, receipt, prover, ahead),
    planSwitch: async () => {
      // Before the late files are carried over: a copy of a log must not end before its mark.
      logs = await markAgain(context, logs);
      await journal.add({ type: 'logs-marked', logs: [...logs] });
      return prepareSwitch(context, staged, completed);
    },
    database: { step: 'migrate', change: () => migrate(context, journal.run, prepared, resumed) },
    checkHealth: () => checkNewVersion(context, staged.version, logs),
  };
}

/**
 * The backup that a roll-back would go back to. It is proven like any other; what is the very bytes of the one that the
 * rehearsal proved needs no second proof.
 *
 * @throws MajError `rehearsal-differs` when the schema is no longer the rehearsed one
 */
async function takeProvenBackup(
  context: Context,
  receipt: Receipt,
  prover: Prover | undefined,
  ahead: FilesAhead | undefined,
): Promise<Backup> {
  return takeProven(context, { prover, ahead }, ({ manifest: { database } }) => {
    if (database.fingerprint !== receipt.schemaBefore)
      throw refused('rehearsal-differs', { database: database.name, receipt: receipt.id });
  });
}

/** Runs the pending scripts on the live database: exactly those that were rehearsed. */
async function migrate(
  context: Context,
  runId: string,
  { scripts, receipt, staged }: PreparedUpgrade,
  resumed: boolean,
): Promise<void> {
  const target = targetFromConfig(context);
  const migrations = await afterSwitch(context, scripts, staged.folder, receipt.scripts);
  if (migrations.length === 0) return;
  const plan = await planLive(context, migrations, { refuseLocked: true });
  refuseProblems(plan);
  const pending = plan.pending.map(({ version }) => version);
  if (resumed) await refuseUnrehearsedRest(context, receipt, plan.pending);
  else if (pending.join() !== receipt.pending.join()) {
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
  }
  if (plan.pending.length === 0) return;
  await runMigrations(context, { target, migrations: plan.pending, runId, appliedBy: 'maj upgrade' });
}

async function checkNewVersion(context: Context, version: string, logs: LogBaseline): Promise<void> {
  await checkHealth(context, { version, warned: true });
  await runSmoke(context);
  const errors = await newLogErrors(context, logs);
  if (errors.length > 0) throw refused('new-log-errors', { errors });
}
