import { setMaintenance } from '../application/maintenance.ts';
import type { Context } from '../context.ts';
import { notRolledBack, reasonOf } from '../errors.ts';
import { orLeftOver } from '../left-over.ts';
import { record } from './records.ts';
import { stateOfRun, type UpgradeRun } from './run.ts';
import type { RunState } from './state.ts';
import type { JournalStep } from './steps.ts';

/** A step of the window: how long it took, and how long it was expected to take, where that is known. */
export interface TimedStep {
  readonly step: JournalStep;
  readonly durationMs: number | undefined;
  readonly expectedMs?: number;
}

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

/** How long the rehearsal says that steps will take, in milliseconds. */
export type Expected = Readonly<Partial<Record<JournalStep, number>>>;

/**
 * Lets users in. The new version is in place and healthy, and what they write from here on is in no backup: nothing
 * that fails now is a reason to go back, neither a maintenance that cannot be ended nor a disk too full for records.
 *
 * @param state of the run, which has passed its last check
 * @param openedMs when the window was opened, on the monotonic clock; undefined: by another process
 */
export async function letIn(
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
    expectedMs: sumOf(expected),
    steps: stepsOfWindow(finished, expected),
    backup: state.backup,
    kept: state.switchPlan?.kept ?? null,
  };
}

const sinceOpened = (context: Context, { openedAt, startedAt }: RunState): number =>
  context.clock.now().getTime() - Date.parse(openedAt ?? startedAt);

const sumOf = (expected: Expected): number | undefined => {
  const all = Object.values(expected);
  return all.length === 0 ? undefined : all.reduce((sum, one) => sum + one, 0);
};

/** Each step of the window once, as it was done last: a run that was cut off does some of them again. */
export function stepsOfWindow(finished: RunState['finished'], expected: Expected): TimedStep[] {
  const names = [...new Set(finished.map(({ step }) => step))];
  const opened = names.indexOf('maintenance-on');
  return names.slice(Math.max(opened, 0)).map((step) => {
    const expectedMs = expected[step];
    const { durationMs } = finished.findLast((one) => one.step === step) ?? { durationMs: undefined };
    return { step, durationMs, ...(expectedMs === undefined ? {} : { expectedMs }) };
  });
}
