import { setMaintenance } from '../application/maintenance.ts';
import { orLeftOver } from '../core/context.ts';
import { notRolledBack, reasonOf } from '../core/errors.ts';
import { record } from './journal/record-installed.ts';
import type { RunState } from './journal/state.ts';
import {
  expectedDuration,
  sinceOpened,
  stateOfRun,
  stepsOfWindow,
  type Expected,
  type TimedStep,
  type UpgradeRun,
} from './timed-steps.ts';

/** A run that has succeeded: an upgrade, or the way back from one. */
export interface Finished {
  readonly run: string;
  readonly from: string | null;
  readonly to: string;
  /** From the noting of the maintenance to its end; across a kill, too. */
  readonly windowMs: number;
  readonly expectedMs: number | undefined;
  /** The steps of the window. */
  readonly steps: readonly TimedStep[];
  /** The backup that was taken in the window. */
  readonly backup: string | undefined;
  /** Where the tree that was left is now; null when there was none. */
  readonly kept: string | null;
}

/**
 * Lets users in. The new version is in place and healthy, and what they write from here on is in no backup: nothing
 * that fails now is a reason to go back, neither a maintenance that cannot be ended nor a disk too full for records.
 *
 * @param state of the run, which has passed its last check
 * @param openedMs when the window was opened, on the monotonic clock; undefined: by another process
 */
export async function openToUsers(
  run: UpgradeRun,
  state: RunState,
  options: { readonly openedMs?: number | undefined; readonly expected?: Expected } = {},
): Promise<Finished> {
  const { context, journal } = run;
  const { openedMs, expected = {} } = options;
  const started = context.clock.monotonicMs();
  const finish = (): Promise<void> =>
    orLeftOver(context, journal.folder, () => journal.add({ type: 'run-finished', outcome: 'succeeded' }));
  try {
    if (state.maintenanceWas === 'off') await setMaintenance(context, 'off');
  } catch (error) {
    await record(context, state);
    await finish();
    throw notRolledBack('maintenance-stays', { to: state.to, reason: reasonOf(error) }, { cause: error });
  }
  const ended = context.clock.monotonicMs();
  const durationMs = Math.round(ended - started);
  await orLeftOver(context, journal.folder, () =>
    journal.add({ type: 'step-finished', step: 'maintenance-off', durationMs }),
  );
  await record(context, state);
  await finish();
  const finished = (await stateOfRun(run))?.finished ?? state.finished;
  return {
    run: state.run,
    from: state.from,
    to: state.to,
    windowMs: Math.round(openedMs === undefined ? sinceOpened(context, state) : ended - openedMs),
    expectedMs: expectedDuration(expected),
    steps: stepsOfWindow(finished, expected),
    backup: state.backup,
    kept: state.switchPlan?.kept ?? null,
  };
}
