import { setMaintenance } from '../application/maintenance.ts';
import { note, type Context } from '../context.ts';
import { notRolledBack, reasonOf } from '../errors.ts';
import { carryLate } from '../release/carry-late.ts';
import { recordInstalled } from '../release/installed.ts';
import type { Prepared } from './prepare.ts';
import type { UpgradeRun } from './run.ts';
import type { RunState } from './state.ts';
import type { WindowResult } from './window.ts';

/** An upgrade that has succeeded. */
export interface Upgraded extends WindowResult {
  readonly run: string;
  readonly from: string | null;
  readonly to: string;
  readonly windowMs: number;
  /** The steps of the window, and how long each took. */
  readonly steps: UpgradeRun['durations'];
}

/** The window as far as its last check. */
export interface PassedWindow {
  readonly prepared: Prepared;
  readonly result: WindowResult;
  readonly maintenanceWas: RunState['maintenanceWas'];
  /** On the monotonic clock. */
  readonly openedMs: number;
  /** How many steps had been done before. */
  readonly stepsBefore: number;
}

/**
 * Lets users in. The new version is in place and healthy, and what they write from here on is in no backup: nothing
 * that fails now is a reason to go back, neither a maintenance that cannot be ended nor a disk too full for records.
 */
export async function letIn(run: UpgradeRun, passed: PassedWindow, from: string | null): Promise<Upgraded> {
  const { context, journal } = run;
  const { staged } = passed.prepared;
  const started = context.clock.monotonicMs();
  const finish = (): Promise<void> =>
    unlessOnlyRecords(context, journal.folder, () =>
      journal.add({ type: 'run-finished', outcome: 'succeeded' }),
    );
  try {
    if (passed.maintenanceWas === 'off') await setMaintenance(context, 'off');
  } catch (error) {
    await finish();
    throw notRolledBack(
      'maintenance-stays',
      { to: staged.version, reason: reasonOf(error) },
      { cause: error },
    );
  }
  const ended = context.clock.monotonicMs();
  run.durations.push({ step: 'maintenance-off', durationMs: Math.round(ended - started) });
  await finish();
  await unlessOnlyRecords(context, staged.list, () => recordInstalled(context, staged));
  const { completed } = passed.prepared;
  await unlessOnlyRecords(context, passed.result.plan.kept ?? '', async () => {
    await carryLate(context, completed, passed.result.plan);
  });
  return {
    ...passed.result,
    run: journal.run,
    from,
    to: staged.version,
    windowMs: Math.round(ended - passed.openedMs),
    steps: run.durations.slice(passed.stepsBefore),
  };
}

/** What is only bookkeeping never makes a failure of an upgrade that is done and healthy. */
async function unlessOnlyRecords(context: Context, path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    note(context, 'left-over', { path, reason: reasonOf(error) });
  }
}
