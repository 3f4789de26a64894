import type { Context } from '../context.ts';
import { reasonOf } from '../errors.ts';
import type { Journal } from './journal.ts';
import type { UpgradeStep } from './steps.ts';

/** An upgrade at work. */
export interface UpgradeRun {
  readonly context: Context;
  readonly journal: Journal;
  /** How long each step took, in milliseconds, in the order in which they ended. */
  readonly durations: { readonly step: UpgradeStep; readonly durationMs: number }[];
}

/** Does one step of the guide, with a line in the journal before and after it. */
export async function doStep<T>(run: UpgradeRun, step: UpgradeStep, work: () => Promise<T>): Promise<T> {
  const started = run.context.clock.monotonicMs();
  await run.journal.add({ type: 'step-started', step });
  try {
    const result = await work();
    await run.journal.add({ type: 'step-finished', step });
    run.durations.push({ step, durationMs: Math.round(run.context.clock.monotonicMs() - started) });
    return result;
  } catch (error) {
    // What failed first counts, though a full disk keeps it out of the journal.
    await run.journal.add({ type: 'step-failed', step, reason: reasonOf(error) }).catch(() => undefined);
    throw error;
  }
}
