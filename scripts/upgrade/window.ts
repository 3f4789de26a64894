import { checkHealth } from '../application/health.ts';
import { drainConnections } from '../application/drain.ts';
import { clearCache } from '../application/hooks.ts';
import { newLogErrors } from '../application/logs.ts';
import { maintenanceState, setMaintenance } from '../application/maintenance.ts';
import { runSmoke } from '../application/smoke.ts';
import type { Backup } from '../backup/list.ts';
import { proveBackup } from '../backup/prove.ts';
import { takeBackup } from '../backup/take.ts';
import { inStep, note, stopIfInterrupted, type Context } from '../context.ts';
import { likenessFor } from '../database/name-case.ts';
import { findServerPrograms } from '../database/programs.ts';
import { targetFromConfig } from '../database/target.ts';
import { withThrowaway } from '../database/throwaway.ts';
import { refused } from '../errors.ts';
import { refuseProblems } from '../migrations/plan.ts';
import { planLive } from '../migrations/read-plan.ts';
import { runMigrations } from '../migrations/runner.ts';
import type { Receipt } from '../rehearsal/receipt.ts';
import { prepareSwitch } from '../release/prepare.ts';
import { applyMoves } from '../release/switch.ts';
import type { SwitchPlan } from '../release/types.ts';
import { afterSwitch } from './after-switch.ts';
import type { Prepared } from './prepare.ts';
import { doStep, type UpgradeRun } from './run.ts';

/** What the window has brought. */
export interface WindowResult {
  readonly backup: Backup;
  readonly plan: SwitchPlan;
  /** The files of the migrations that were applied. */
  readonly migrations: readonly string[];
}

/**
 * The window: from maintenance on to the last check. Whatever throws here is rolled back by the caller, from what the
 * journal says; ending the maintenance is the caller's too.
 */
export async function passWindow(run: UpgradeRun, prepared: Prepared): Promise<WindowResult> {
  const { context, journal } = run;
  const { staged, completed, receipt } = prepared;
  const was = await maintenanceState(context);
  await journal.add({ type: 'maintenance-was', state: was });
  await doStep(run, 'maintenance-on', async () => {
    if (was === 'off') await setMaintenance(context, 'on', `upgrade to ${staged.version}`);
    if (was !== 'unmanaged') await drainConnections(context);
  });
  stopIfInterrupted(context);
  const backup = await doStep(run, 'final-backup', async () => {
    const taken = await takeProvenBackup(context, receipt);
    await journal.add({ type: 'backup-taken', backup: taken.id });
    return taken;
  });
  stopIfInterrupted(context);
  const plan = await doStep(run, 'switch', async () => {
    const moves = await prepareSwitch(context, staged, completed);
    await journal.add({ type: 'switch-planned', plan: moves });
    await inStep(context, 'switch-files', { version: staged.version }, async () => {
      for (const path of await applyMoves(moves)) note(context, 'stray-kept', { path });
    });
    return moves;
  });
  stopIfInterrupted(context);
  const migrations = await doStep(run, 'migrate', () => migrate(context, run.journal.run, prepared));
  stopIfInterrupted(context);
  await doStep(run, 'clear-cache', () => clearCache(context));
  stopIfInterrupted(context);
  await doStep(run, 'check-health', () => checkNewVersion(context, prepared));
  stopIfInterrupted(context);
  return { backup, plan, migrations };
}

/**
 * The backup that a roll-back would go back to. It is proven like any other, unless it holds the very bytes of the one
 * that was proven in the rehearsal: then it needs no second proof.
 *
 * @throws MajError `rehearsal-differs` when the schema is no longer the rehearsed one
 */
async function takeProvenBackup(context: Context, receipt: Receipt): Promise<Backup> {
  const backup = await takeBackup(context);
  const { database, dumpSha256 } = backup.manifest;
  if (database.fingerprint !== receipt.schemaBefore) {
    throw refused('rehearsal-differs', { database: database.name, receipt: receipt.id });
  }
  if (dumpSha256 === receipt.dumpSha256) return backup;
  const programs = await findServerPrograms(
    context,
    context.config.REHEARSAL_SERVER,
    database.server.flavour,
  );
  const proof = await withThrowaway(
    context,
    programs,
    (throwaway) => proveBackup(context, backup, throwaway),
    likenessFor(database.lowerCaseTableNames),
  );
  return { ...backup, proof };
}

/** Runs the pending scripts on the live database: exactly those that were rehearsed. */
async function migrate(
  context: Context,
  runId: string,
  { migrations: rehearsed, receipt, staged }: Prepared,
): Promise<string[]> {
  const target = targetFromConfig(context);
  const migrations = await afterSwitch(context, rehearsed, staged.folder);
  const plan = await planLive(context, migrations, { refuseLocked: true });
  refuseProblems(plan);
  const pending = plan.pending.map(({ version }) => version);
  if (pending.join() !== receipt.pending.join()) {
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
  }
  if (plan.pending.length === 0) return [];
  await runMigrations(context, { target, migrations: plan.pending, runId, appliedBy: 'maj upgrade' });
  return plan.pending.map(({ file }) => file);
}

async function checkNewVersion(context: Context, { staged, logs }: Prepared): Promise<void> {
  await checkHealth(context, { version: staged.version });
  await runSmoke(context);
  const errors = await newLogErrors(context, logs);
  if (errors.length > 0) throw refused('new-log-errors', { errors });
}
