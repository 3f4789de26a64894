import { isSameVersion } from '../../core/versions.ts';
import type { RunState } from '../journal/state.ts';

/** Why there is no version before to go back to. */
export type NoWayBack =
  /** No upgrade of ours brought the installed version. */
  | 'not-upgraded'
  /** Its backup is not kept any more. */
  | 'backup-gone';

/** The upgrade that brought the installed version, which is to be undone; or why there is none. */
export type WayBack = { readonly run: RunState; readonly backup: string } | { readonly because: NoWayBack };

/**
 * Finds the version before: the newest upgrade to the installed one that succeeded, as long as the backup is kept that
 * it took in its window. Pure.
 *
 * @param states newest first
 * @param backups the ids of the proven ones
 */
export function findWayBack(
  states: readonly RunState[],
  installed: string | null,
  backups: ReadonlySet<string>,
): WayBack {
  const run = lastUpgradeTo(states, installed);
  if (run?.backup === undefined) return { because: 'not-upgraded' };
  return backups.has(run.backup) ? { run, backup: run.backup } : { because: 'backup-gone' };
}

/** The newest upgrade to a version that succeeded. Pure. */
export const lastUpgradeTo = (states: readonly RunState[], version: string | null): RunState | undefined =>
  states.find(
    ({ kind, outcome, to, backup }) =>
      kind === 'upgrade' && outcome === 'succeeded' && isSameVersion(to, version) && backup !== undefined,
  );
