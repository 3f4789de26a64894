import { maintenanceState } from '../../application/maintenance.ts';
import { findBackup } from '../../backup/find.ts';
import { verifyBackup } from '../../backup/verify.ts';
import { inStep, type Context } from '../../core/context.ts';
import { unfinished, MajError } from '../../core/errors.ts';
import { exitCodes } from '../../core/exit-codes.ts';
import { ownIdentity } from '../../system/process/identity.ts';
import { goBack, goBackWindow, type GoBackPlan, type WentBack } from '../go-back/go-back.ts';
import type { RunState } from '../journal/state.ts';
import { openToUsers, type Finished } from '../open-to-users.ts';
import { withProver, type Prover } from '../prove-window-backup.ts';
import type { UpgradeRun } from '../timed-steps.ts';
import { upgradeWindow } from '../upgrade-window.ts';
import {
  expectedOf,
  filesOf,
  throughWindow,
  upgrade,
  type Upgraded,
  type UpgradeOptions,
} from '../upgrade.ts';
import { confirmRowLoss, type Ask } from './confirm-row-loss.ts';
import {
  checkFiles,
  checkResumable,
  checkRows,
  recallPrepared,
  stagedFacts,
} from './prepared-from-journal.ts';
import { planResume, type ResumePlan } from './resume-plan.ts';
import { rollBackOnFailure, withJournal } from './roll-back-on-failure.ts';
import { refuseOtherInstallation } from './same-installation.ts';
import { rollBackUnfinished } from './roll-back-unfinished.ts';
import { requireUnfinished, unfinishedError } from './unfinished.ts';

/**
 * Goes on with an upgrade that was cut off, where its journal and the database say that it stopped, or with the way back
 * from one; called under the lock.
 *
 * @param ask `goBack`: for a way back that is begun anew; `loseRows`: where a failure would lose what was written since;
 *   `unknown`: for an upgrade that is begun anew
 * @param options see `refuseOtherInstallation`
 * @throws MajError `other-installation`; `upgrade-unfinished` when it can only be taken back, `resume-refused` when something was changed
 *   meanwhile (exit code 6): the run is as it was; `upgrade-rolled-back` (10), `upgrade-not-rolled-back` (11)
 */
export async function resumeUpgrade(
  context: Context,
  ask: {
    readonly goBack: (plan: GoBackPlan) => Promise<void>;
    readonly loseRows: Ask;
    readonly unknown: UpgradeOptions['confirmUnknown'];
  },
  options: { readonly serverMoved: boolean },
): Promise<Upgraded | WentBack> {
  const state = await requireUnfinished(context);
  await refuseOtherInstallation(context, state, options);
  const planned = planResume(state);
  const isStale = planned.kind === 'go-on' && (await wasOpenOnWayBack(context, state));
  const plan: ResumePlan = isStale ? { kind: 'begin-again' } : planned;
  switch (plan.kind) {
    case 'impossible':
      throw unfinishedError(state);
    case 'begin-again':
      await rollBackUnfinished(context, state, ask.loseRows);
      return state.kind === 'go-back'
        ? goBack(context, ask.goBack, options)
        : upgrade(context, state.wanted, {
            retry: state.retry,
            allow: state.allow,
            confirmUnknown: ask.unknown,
          });
    case 'let-in':
      return withJournal(context, state.run, async (journal) => {
        await journal.add({ type: 'run-resumed', holder: ownIdentity() });
        const finished = await openToUsers({ context, journal }, state);
        return state.kind === 'go-back'
          ? { ...finished, restored: state.package }
          : { ...finished, migrations: await migrationsOf(context, state) };
      });
    case 'go-on':
      return withJournal<Upgraded | WentBack>(context, state.run, (journal) =>
        state.kind === 'go-back'
          ? goOnBack({ context, journal }, state, ask.loseRows)
          : goOn({ context, journal }, state, ask.loseRows),
      );
  }
}

/**
 * Whether users could write after a way back was agreed to that has moved nothing yet: what they wrote is counted and asked
 * for by beginning it anew.
 */
async function wasOpenOnWayBack(context: Context, state: RunState): Promise<boolean> {
  if (state.kind !== 'go-back' || state.switchPlan !== undefined) return false;
  return state.usersWereIn || (await maintenanceState(context)) !== 'on';
}

/** The way back is gone on with: the rows that it loses were agreed to, but for those that were written since. */
async function goOnBack(run: UpgradeRun, state: RunState, ask: Ask): Promise<WentBack> {
  const { context, journal } = run;
  const older = await unchanged(context, state, async () => {
    const backup = await findBackup(context, state.package);
    await verifyBackup(context, backup, { trustProof: true });
    await checkFiles(context, state);
    if (!state.migrationStarted && state.switchPlan !== undefined) await checkRows(context, state);
    return backup;
  });
  await confirmRowLoss(context, state, 'resume', ask);
  await journal.add({ type: 'run-resumed', holder: ownIdentity() });
  const arriving = stagedFacts(state);
  const through = (prover?: Prover): Promise<Finished> =>
    throughWindow(run, goBackWindow(context, arriving, older, { prover }), { reached: state });
  const finished = await rollBackOnFailure(run, () =>
    state.switchPlan === undefined ? withProver(context, older, through) : through(),
  );
  return { ...finished, restored: older.id };
}

async function goOn(run: UpgradeRun, state: RunState, ask: Ask): Promise<Upgraded> {
  const { context, journal } = run;
  const prepared = await unchanged(context, state, async () => {
    const recalled = await recallPrepared(context, state);
    await inStep(context, 'check-resumable', {}, () => checkResumable(context, state, recalled.receipt));
    return recalled;
  });
  const { receipt } = prepared;
  await confirmRowLoss(context, state, 'resume', ask);
  await journal.add({ type: 'run-resumed', holder: ownIdentity() });
  return rollBackOnFailure(run, async () => {
    const options = { reached: state, expected: expectedOf(receipt) };
    const through = (prover?: Prover): Promise<Finished> =>
      throughWindow(run, upgradeWindow(run, prepared, { prover, resumed: true }), options);
    const finished =
      state.switchPlan === undefined
        ? await withProver(context, await findBackup(context, receipt.backup), through)
        : await through();
    return { ...finished, migrations: filesOf(receipt) };
  });
}

async function migrationsOf(context: Context, state: RunState): Promise<string[]> {
  return state.prepared === undefined ? [] : filesOf((await recallPrepared(context, state)).receipt);
}

/** What is refused here leaves the run as it was: still to be resumed, when that is mended, or to be taken back. */
async function unchanged<T>(context: Context, state: RunState, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    const refusals: readonly number[] = [exitCodes.refused, exitCodes.unsound];
    if (!(error instanceof MajError) || !refusals.includes(error.exitCode)) throw error;
    throw unfinished(
      'resume-refused',
      { run: state.run, to: state.to, reason: error.message, projectDir: context.projectDir },
      { cause: error },
    );
  }
}
