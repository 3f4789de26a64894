import { inStep, note, orLeftOver, type Context } from '../core/context.ts';
import { notRolledBack, reasonOf } from '../core/errors.ts';
import { completeStaged } from '../release/copy/complete-staged.ts';
import { carryLate } from '../release/copy/late-writes.ts';
import { prepareSwitch } from '../release/prepare.ts';
import { applyMoves, undoMoves } from '../release/switch.ts';
import type { StagedRelease, SwitchPlan } from '../release/types.ts';
import { ownIdentity } from '../system/process/identity.ts';
import { installationOf } from './installation.ts';
import { stagedEntry, type Journal } from './journal/journal.ts';
import { recordList } from './journal/record-installed.ts';
import { withJournal } from './recovery/roll-back-on-failure.ts';

/**
 * Switches a staged release in by itself, outside of an upgrade. Journaled like one all the same: killed on its way,
 * `maj upgrade --roll-back` rolls it back. What fails is undone here.
 *
 * @param maintenance what it is now; it stays so
 * @throws MajError of `prepareSwitch` and `applyMoves` with everything as before; `apply-half-way` (exit 11)
 */
export async function applyAlone(
  context: Context,
  staged: StagedRelease,
  maintenance: 'on' | 'off' | 'unmanaged',
): Promise<SwitchPlan> {
  const completed = await inStep(context, 'complete-release', {}, () => completeStaged(context, staged));
  const plan = await prepareSwitch(context, staged, completed);
  return withJournal(context, staged.runId, async (journal) => {
    await journal.add({
      type: 'run-started',
      run: staged.runId,
      from: staged.previousVersion,
      to: staged.version,
      package: staged.package,
      installation: { ...(await installationOf(context)), database: null },
      holder: ownIdentity(),
      kind: 'apply',
    });
    await journal.add(stagedEntry(staged));
    await journal.add({ type: 'maintenance-was', state: maintenance });
    await journal.add({ type: 'switch-planned', plan });
    await journal.add({ type: 'step-started', step: 'switch' });
    await inStep(context, 'switch-files', { version: staged.version }, () =>
      switchOrUndo(context, plan, journal),
    );
    await journal.add({ type: 'run-finished', outcome: 'succeeded' });
    // The files are switched: nothing that fails now may say that nothing was changed, or leave the other undone.
    await recordList(context, staged);
    await orLeftOver(context, staged.list, () => carryLate(context, completed.goesAlong, plan));
    return plan;
  });
}

async function switchOrUndo(context: Context, plan: SwitchPlan, journal: Journal): Promise<void> {
  try {
    for (const path of await applyMoves(plan)) note(context, 'stray-kept', { path });
  } catch (error) {
    try {
      for (const path of await undoMoves(plan)) note(context, 'stray-kept', { path });
    } catch (problem) {
      throw notRolledBack(
        'apply-half-way',
        { reason: reasonOf(error), problem: reasonOf(problem) },
        { cause: problem },
      );
    }
    await journal.add({ type: 'run-finished', outcome: 'rolled-back' });
    throw error;
  }
}
