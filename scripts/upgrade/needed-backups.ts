import type { Backup } from '../backup/list.ts';
import type { Context } from '../core/context.ts';
import { isSameVersion } from '../core/versions.ts';
import type { ExpiryFacts } from '../retention/expire.ts';
import { readReceipts } from '../rehearsal/receipt.ts';
import { installedVersion } from '../release/version.ts';
import { readRestoreMark } from '../restore/restore-mark.ts';
import { readJournal, runIds } from './journal/journal.ts';
import { foldJournal, type RunState } from './journal/state.ts';

/**
 * Learns what the decision which backups expire rests on: journals, receipts, the mark of a restore, the clock.
 *
 * @param states of all runs, newest first
 */
export async function expiryFacts(
  context: Context,
  backups: readonly Backup[],
  states: readonly RunState[],
): Promise<ExpiryFacts> {
  const { config, clock } = context;
  const now = clock.now();
  const installed = config.APP_DIR === undefined ? null : await installedVersion(context);
  const mark = await readRestoreMark(context);
  const rehearsed = (await readReceipts(context))
    .filter(({ result }) => result === 'passed')
    .map(({ backup }) => backup);
  const fresh = backups.filter(
    ({ manifest }) => now.getTime() - Date.parse(manifest.createdAt) <= config.BACKUP_MAX_AGE,
  );
  return {
    backups: backups.map(({ id, manifest, proof }) => ({
      id,
      createdAt: manifest.createdAt,
      proven: proof !== null,
    })),
    ...keptForRuns(states, installed),
    unfinished: new Set([...unfinishedBackups(states), ...(mark === undefined ? [] : [mark.backup])]),
    // A rehearsal counts for as long as its backup is fresh, and no longer than that is there.
    rehearsed: new Set(fresh.map(({ id }) => id).filter((id) => rehearsed.includes(id))),
    now,
    days: config.BACKUP_KEEP_DAYS,
    least: config.BACKUP_KEEP_LEAST,
  };
}

/**
 * The backup that the installed version would go back to, and the ones that the last run and the last upgrade began with: what
 * went wrong in them is found out late. Pure.
 *
 * @param states newest first
 */
export function keptForRuns(
  states: readonly RunState[],
  installed: string | null,
): { readonly wayBack: string | undefined; readonly begun: ReadonlySet<string> } {
  // `maj apply` alone takes no backup, and is in the journals, too.
  const succeeded = states.filter(({ outcome, backup }) => outcome === 'succeeded' && backup !== undefined);
  const begun = [succeeded[0], succeeded.find(({ kind }) => kind === 'upgrade')];
  return {
    wayBack: lastUpgradeTo(states, installed)?.backup,
    begun: new Set(begun.map((run) => run?.backup).filter((id) => id !== undefined)),
  };
}

/** The backups of upgrades that did not come to their end. Pure. */
export const unfinishedBackups = (states: readonly RunState[]): string[] =>
  states.flatMap(({ outcome, backup = [] }) => (outcome === 'unfinished' ? backup : []));

/** The states of all runs, newest first. */
export async function readStates(context: Pick<Context, 'projectDir'>): Promise<RunState[]> {
  const states: RunState[] = [];
  for (const run of await runIds(context)) {
    const state = foldJournal(await readJournal(context, run));
    if (state !== undefined) states.push(state);
  }
  return states;
}

/** Why there is no version before to go back to. */
export type NoWayBack =
  /** No upgrade of ours brought the installed version. */
  | 'not-upgraded'
  /** Its backup is not kept any more. */
  | 'backup-gone';

/**
 * Finds the version before: the newest upgrade to the installed one that succeeded, as long as the backup is kept that
 * it took in its window; or why there is none. Pure.
 *
 * @param states newest first
 * @param backups the ids of the proven ones
 */
export function findPreviousVersion(
  states: readonly RunState[],
  installed: string | null,
  backups: ReadonlySet<string>,
): { readonly run: RunState; readonly backup: string } | { readonly because: NoWayBack } {
  const run = lastUpgradeTo(states, installed);
  if (run?.backup === undefined) return { because: 'not-upgraded' };
  return backups.has(run.backup) ? { run, backup: run.backup } : { because: 'backup-gone' };
}

/** The newest upgrade to a version that succeeded. Pure. */
const lastUpgradeTo = (states: readonly RunState[], version: string | null): RunState | undefined =>
  states.find(
    ({ kind, outcome, to, backup }) =>
      kind === 'upgrade' && outcome === 'succeeded' && isSameVersion(to, version) && backup !== undefined,
  );
