import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import type { StagedFacts } from '../release/types.ts';
import { isSameVersion } from '../system/versions.ts';
import { readStates } from './needed-backups.ts';
import { enteredWindow, type RunState } from './state.ts';

/** What is upgraded to what: another package of the same version is another pair. */
export interface VersionPair {
  readonly from: string | null;
  readonly to: string;
  readonly sha256: string;
}

/** A run that failed, and by what. */
export interface FailedRun {
  readonly run: string;
  readonly step: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The failure that the last upgrade of this pair ended with; undefined when it did not fail. What was interrupted by its
 * user, killed, or refused before its window does not count: that says nothing of the release. Pure.
 *
 * @param states of all runs, newest first
 */
export function failureOfPair(states: readonly RunState[], pair: VersionPair): FailedRun | undefined {
  const last = states.find(
    (state) =>
      state.kind === 'upgrade' &&
      isSameVersion(state.from, pair.from) &&
      isSameVersion(state.to, pair.to) &&
      state.release?.sha256 === pair.sha256 &&
      (state.outcome === 'succeeded' || failedInWindow(state)),
  );
  if (last?.failed === undefined || last.outcome === 'succeeded') return undefined;
  const { step, reason, at } = last.failed;
  return { run: last.run, step, reason, at };
}

const failedInWindow = (state: RunState): boolean =>
  enteredWindow(state) && state.failed !== undefined && state.failed.code !== 'interrupted';

type StagedPair = Pick<StagedFacts, 'previousVersion' | 'version' | 'sha256'>;

/** The failure that the last upgrade of what is staged ended with, as the journals have it. */
export async function findFailure(context: Context, staged: StagedPair): Promise<FailedRun | undefined> {
  const pair = { from: staged.previousVersion, to: staged.version, sha256: staged.sha256 };
  return failureOfPair(await readStates(context), pair);
}

/**
 * Refuses what failed before.
 *
 * @throws MajError `failed-before`
 */
export async function refuseFailedBefore(context: Context, staged: StagedFacts): Promise<void> {
  const { previousVersion: from, version: to } = staged;
  const failure = await findFailure(context, staged);
  if (failure !== undefined)
    throw refused('failed-before', { from, to, package: staged.package, ...failure });
}
