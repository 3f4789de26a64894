import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isSameVersion } from '../core/versions.ts';
import type { VerifiedPackage } from '../package/types.ts';
import { installedVersion } from '../release/version.ts';
import { mayHaveChanged, type RunState } from './journal/state.ts';
import { readStates } from './needed-backups.ts';

/** A run that failed, and by what. */
export type FailedRun = Pick<RunState, 'run' | 'to'> &
  Pick<NonNullable<RunState['failed']>, 'step' | 'reason' | 'at'>;

/**
 * The failure that the last upgrade of this pair ended with; undefined when it did not fail. What was interrupted by its
 * user, killed, or failed before the release was in place (a service that cannot be stopped) does not count: that says nothing
 * of the release. Pure.
 *
 * @param states of all runs, newest first
 * @param pair the installed version, and the sum of the package: another package of the same version is another pair
 */
export function failureOfPair(
  states: readonly RunState[],
  pair: { readonly from: string | null; readonly sha256: string },
): FailedRun | undefined {
  const last = states.find(
    (state) =>
      state.kind === 'upgrade' &&
      isSameVersion(state.from, pair.from) &&
      state.release?.sha256 === pair.sha256 &&
      (state.outcome === 'succeeded' || failedInPlace(state)),
  );
  if (last?.failed === undefined || last.outcome === 'succeeded') return undefined;
  const { step, reason, at } = last.failed;
  return { run: last.run, to: last.to, step, reason, at };
}

const failedInPlace = (state: RunState): boolean =>
  mayHaveChanged(state) && state.failed !== undefined && state.failed.code !== 'interrupted';

/** The failure that the last upgrade with this package ended with, as the journals have it. */
export async function findFailure(context: Context, sha256: string): Promise<FailedRun | undefined> {
  return failureOfPair(await readStates(context), { from: await installedVersion(context), sha256 });
}

/**
 * Refuses what failed before.
 *
 * @throws MajError `failed-before`
 */
export async function refuseFailedBefore(
  context: Context,
  { path, sha256 }: Pick<VerifiedPackage, 'path' | 'sha256'>,
): Promise<void> {
  const failure = await findFailure(context, sha256);
  if (failure !== undefined)
    throw refused('failed-before', { from: await installedVersion(context), package: path, ...failure });
}
