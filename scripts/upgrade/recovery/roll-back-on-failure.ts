import type { Context } from '../../core/context.ts';
import { reasonOf, rolledBack } from '../../core/errors.ts';
import { ownIdentity } from '../../system/process/identity.ts';
import { installationOf } from '../installation.ts';
import { newRunId, openJournal, type Journal, type JournalEntry } from '../journal/journal.ts';
import { enteredWindow, mayHaveChanged, mayHaveLetIn } from '../journal/state.ts';
import { stateOfRun, type UpgradeRun } from '../timed-steps.ts';
import { rollBack } from './roll-back.ts';

/**
 * Does a piece of a run; when it fails, the run is taken back as far as the journal says that it has to be. Once users
 * may have been let in nothing is.
 *
 * @throws MajError `upgrade-rolled-back` (exit code 10), `upgrade-not-rolled-back` (11); before anything was changed, and
 *   after the end, what the work throws
 */
export async function rollBackOnFailure<T>(run: UpgradeRun, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await settle(run, error);
  }
}

async function settle(run: UpgradeRun, error: unknown): Promise<unknown> {
  const state = await stateOfRun(run);
  if (state?.outcome !== 'unfinished' || mayHaveLetIn(state)) return error;
  const reason = reasonOf(error);
  await rollBack(run.context, run.journal, state, reason);
  if (!enteredWindow(state) || !mayHaveChanged(state)) return error;
  const { kind, from, to } = state;
  const backup = state.migrationStarted ? state.backup : undefined;
  return rolledBack('upgrade-rolled-back', { kind, from, to, reason, backup }, { cause: error });
}

/** What a run says of itself as it begins, beside what is the same for all. */
type RunFacts = Omit<
  Extract<JournalEntry, { type: 'run-started' }>,
  'type' | 'run' | 'installation' | 'holder'
>;

/** Begins a run in a journal of its own, and does its work; see `rollBackOnFailure` for what fails. */
export async function withRun<T>(
  context: Context,
  facts: RunFacts,
  work: (run: UpgradeRun) => Promise<T>,
): Promise<T> {
  return withJournal(context, await newRunId(context), async (journal) => {
    const run: UpgradeRun = { context, journal };
    await journal.add({
      type: 'run-started',
      run: journal.run,
      ...facts,
      installation: await installationOf(context),
      holder: ownIdentity(),
    });
    return rollBackOnFailure(run, () => work(run));
  });
}

/** Opens the journal of a run for a piece of work. */
export async function withJournal<T>(
  context: Context,
  run: string,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const journal = await openJournal(context, run);
  try {
    return await work(journal);
  } finally {
    await journal.close();
  }
}
