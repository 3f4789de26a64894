import type { Context } from '../../core/context.ts';
import { mayHaveChanged, mayHaveLetIn, type RunState } from '../journal/state.ts';
import { openToUsers } from '../open-to-users.ts';
import { confirmRowLoss, type Ask } from './confirm-row-loss.ts';
import { withJournal } from './roll-back-on-failure.ts';
import { rollBack } from './roll-back.ts';
import { unfinishedError } from './unfinished.ts';

/** A run that was unfinished. `succeeded`: users may have been let in to the new version, so that it stays. */
export type EndedRun = RunState & { readonly outcome: Exclude<RunState['outcome'], 'unfinished'> };

/**
 * Rolls an unfinished run back, unless only letting users in was left of it; called under the lock.
 *
 * @param ask throws when the user does not agree to lose what was written since
 */
export async function rollBackUnfinished(context: Context, state: RunState, ask: Ask): Promise<EndedRun> {
  if (!mayHaveLetIn(state)) await confirmRowLoss(context, state, 'roll-back', ask);
  return withJournal(context, state.run, async (journal) => {
    if (mayHaveLetIn(state)) {
      await openToUsers({ context, journal }, state);
      return { ...state, outcome: 'succeeded' };
    }
    const reason = state.failure ?? unfinishedError(state).message.split('\n')[0] ?? '';
    await rollBack(context, journal, state, reason);
    return { ...state, outcome: mayHaveChanged(state) ? 'rolled-back' : 'abandoned' };
  });
}
