import { installDependencies } from '../application/deploy-commands.ts';
import { checkHealth } from '../application/health.ts';
import { logBaseline, markAgain, type LogBaseline } from '../application/logs.ts';
import { maintenanceState } from '../application/maintenance.ts';
import { serviceSettings } from '../application/services.ts';
import { findBackup } from '../backup/find.ts';
import { inStep, note, stopIfInterrupted, warn, type Context } from '../core/context.ts';
import { targetFromConfig } from '../database/session/target.ts';
import type { Migration } from '../migrations/migration.ts';
import { refuseProblems, type MigrationPlan } from '../migrations/plan.ts';
import { readPlan } from '../migrations/read-plan.ts';
import type { FoundPackage } from '../package/types.ts';
import { findReceipt } from '../rehearsal/find-receipt.ts';
import type { Receipt } from '../rehearsal/receipt.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import { completeStaged, type CompletedRelease } from '../release/copy/complete-staged.ts';
import { stagePackage } from '../release/stage.ts';
import type { StagedFacts } from '../release/types.ts';
import { checkRestorable } from '../restore/check-restorable.ts';
import { tryRestore } from '../restore/trial/trial.ts';
import { stagedEntry } from './journal/journal.ts';
import { checkReady } from './preconditions.ts';
import { refuseFailedBefore } from './previous-failure.ts';
import { doStep, type UpgradeRun } from './timed-steps.ts';

/** Everything that is ready before the window opens. */
export interface PreparedUpgrade {
  readonly staged: StagedFacts;
  /** What was done for the switch already; not given where another process had done it: then that is done again. */
  readonly completed?: CompletedRelease;
  readonly logs: LogBaseline;
  readonly receipt: Receipt;
  /** The folder of the scripts that were rehearsed. */
  readonly scripts: string;
}

/** An upgrade of a release that another program installed, whose list of files is not known. */
export interface UnknownRelease {
  readonly version: string;
  readonly installed: string | null;
  /** How many files and folders the new release does not bring, and that go along to it. */
  readonly files: number;
}

/**
 * What is done before the window: nothing of it changes the live system.
 *
 * @param options `retry`: also what failed before; `confirmUnknown`: see `UpgradeOptions`
 */
export async function prepare(
  run: UpgradeRun,
  found: FoundPackage,
  options: {
    readonly retry: boolean;
    readonly confirmUnknown: (release: UnknownRelease) => Promise<void>;
  },
): Promise<PreparedUpgrade> {
  const { context } = run;
  const baseline = await doStep(run, 'check', () => checkApplication(context));
  stopIfInterrupted(context);
  const staged = await doStep(run, 'stage', async () => {
    const release = await stagePackage(context, found.path, {
      ...found,
      runId: run.journal.run,
      ...(options.retry ? {} : { verified: (file) => refuseFailedBefore(context, file) }),
    });
    await run.journal.add(stagedEntry(release));
    const { version, previousVersion, changes } = release;
    if (!changes.known && changes.carried.length > 0)
      await options.confirmUnknown({ version, installed: previousVersion, files: changes.carried.length });
    await installDependencies(context, release.folder);
    return release;
  });
  stopIfInterrupted(context);
  const { folder, plan, migrations } = await readPlan(context, {
    stagedDir: staged.folder,
    refuseLocked: true,
  });
  refuseProblems(plan);
  const receipt = await doStep(run, 'rehearse', () => rehearseOnce(context, folder, migrations, plan));
  await checkWayBack(context, receipt);
  // What was logged in all that time is read here, so that little is left to read in the window.
  const logs = await markAgain(context, baseline);
  await run.journal.add({ type: 'prepared', receipt: receipt.id, scripts: folder, logs: [...logs] });
  stopIfInterrupted(context);
  return { staged, logs, receipt, scripts: folder };
}

/** Completes the staged tree, as late as possible: what changes from here on is seen to in the window. */
export async function complete(context: Context, prepared: PreparedUpgrade): Promise<PreparedUpgrade> {
  const { staged } = prepared;
  const completed = await inStep(context, 'complete-release', {}, () => completeStaged(context, staged));
  stopIfInterrupted(context);
  return { ...prepared, completed };
}

/** The application has to be well before it is upgraded: otherwise no failure afterwards would mean anything. */
function checkApplication(context: Context): Promise<LogBaseline> {
  return inStep(context, 'check', {}, async () => {
    await checkReady(context);
    if ((await maintenanceState(context)) === 'unmanaged')
      warn(context, 'maintenance-unmanaged', { stopped: serviceSettings(context.config) });
    await checkHealth(context);
    return logBaseline(context);
  });
}

/** What the way back would be refused is refused now, while there is nothing to bring back. */
async function checkWayBack(context: Context, receipt: Receipt): Promise<void> {
  if (!(await databaseMayChange(context, receipt))) return;
  const proven = await findBackup(context, receipt.backup);
  const target = targetFromConfig(context);
  await checkRestorable(context, proven, target, 'keep', { wayBack: true });
  await tryRestore(context, proven, target, { definers: 'keep', wayBack: true });
}

/**
 * Whether anybody but us may change the database in the window, or a script does. Many applications bring their tables up to date
 * themselves, as they start or by a command of theirs, which is given as APP_CACHE_COMMAND.
 */
async function databaseMayChange(context: Context, { pending }: Receipt): Promise<boolean> {
  const { config } = context;
  if (pending.length > 0 || config.APP_CACHE_COMMAND !== undefined || serviceSettings(config).length > 0)
    return true;
  return (await maintenanceState(context)) === 'unmanaged';
}

async function rehearseOnce(
  context: Context,
  folder: string,
  migrations: readonly Migration[],
  plan: MigrationPlan,
): Promise<Receipt> {
  const covering = await findReceipt(context, migrations, plan);
  if (covering !== undefined) {
    note(context, 'receipt-covers', { receipt: covering.id });
    return covering;
  }
  return inStep(context, 'rehearse', {}, async () => (await rehearse(context, folder)).receipt);
}
