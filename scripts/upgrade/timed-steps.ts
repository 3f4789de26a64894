import type { Context } from '../core/context.ts';
import { reasonOf, MajError } from '../core/errors.ts';
import { readJournal, type Journal } from './journal/journal.ts';
import { foldJournal, type RunState } from './journal/state.ts';
import { rollBackSteps, upgradeSteps, type JournalStep } from './journal/steps.ts';

/** A run at work. */
export interface UpgradeRun {
  readonly context: Context;
  readonly journal: Journal;
}

/** Does one step of the guide, with a line in the journal before and after it. */
export async function doStep<T>(run: UpgradeRun, step: JournalStep, work: () => Promise<T>): Promise<T> {
  const started = run.context.clock.monotonicMs();
  const passed = (): number => Math.round(run.context.clock.monotonicMs() - started);
  await run.journal.add({ type: 'step-started', step });
  try {
    const result = await work();
    await run.journal.add({ type: 'step-finished', step, durationMs: passed() });
    return result;
  } catch (error) {
    const known = error instanceof MajError ? error.code : null;
    const code = run.context.signal.aborted ? 'interrupted' : known;
    // What failed first counts, though a full disk keeps it out of the journal.
    await run.journal
      .add({ type: 'step-failed', step, reason: reasonOf(error), code, durationMs: passed() })
      .catch(() => undefined);
    throw error;
  }
}

/** What the journal says of a run by now; undefined when it has no start. */
export async function stateOfRun({ context, journal }: UpgradeRun): Promise<RunState | undefined> {
  return foldJournal(await readJournal(context, journal.run));
}

/** A step of the window: how long it took, and how long it was expected to take, where that is known. */
export interface TimedStep {
  readonly step: JournalStep;
  readonly durationMs: number | undefined;
  readonly expectedMs?: number;
  /** It is what the run was taken back for. */
  readonly failed?: true;
}

/** How long the rehearsal says that steps will take, in milliseconds. */
export type Expected = Readonly<Partial<Record<JournalStep, number>>>;

/** How long that is in all; undefined where nothing is said. */
export const expectedDuration = (expected: Expected): number | undefined => {
  const all = Object.values(expected);
  return all.length === 0 ? undefined : all.reduce((sum, one) => sum + one, 0);
};

/** How long ago the window was opened, in milliseconds by the clock on the wall: by whichever process. */
export const sinceOpened = (
  { clock }: Pick<Context, 'clock'>,
  { openedAt, startedAt }: Pick<RunState, 'openedAt' | 'startedAt'>,
): number => clock.now().getTime() - Date.parse(openedAt ?? startedAt);

/** The steps of any run that come before its window. */
const beforeWindow: ReadonlySet<JournalStep> = new Set(
  upgradeSteps.slice(0, upgradeSteps.indexOf('maintenance-on')),
);

/** Each step of the window once, as it was done last: a run that was cut off does some of them again. Pure. */
export function stepsOfWindow(finished: RunState['finished'], expected: Expected): TimedStep[] {
  const names = [...new Set(finished.map(({ step }) => step))];
  return names
    .filter((step) => !beforeWindow.has(step))
    .map((step) => {
      const expectedMs = expected[step];
      const { durationMs } = finished.findLast((one) => one.step === step) ?? { durationMs: undefined };
      return { step, durationMs, ...(expectedMs === undefined ? {} : { expectedMs }) };
    });
}

const wayBack: ReadonlySet<JournalStep> = new Set(rollBackSteps);

/** The steps of a window that was taken back, the one that failed before those of the way back: pure. */
export function stepsOfFailedWindow({
  finished,
  failed,
}: Pick<RunState, 'finished' | 'failed'>): TimedStep[] {
  const steps = stepsOfWindow(finished, {});
  if (failed === undefined || beforeWindow.has(failed.step)) return steps;
  const { step, durationMs } = failed;
  const there = steps.filter((one) => one.step !== step && !wayBack.has(one.step));
  const back = steps.filter((one) => wayBack.has(one.step));
  return [...there, { step, durationMs, failed: true }, ...back];
}
