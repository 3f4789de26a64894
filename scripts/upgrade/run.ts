import type { Context } from '../context.ts';
import { MajError, reasonOf } from '../errors.ts';
import { readJournal, type Journal } from './journal.ts';
import { foldJournal, type RunState } from './state.ts';
import type { JournalStep } from './steps.ts';

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
