import { installedVersion } from '../application/version.ts';
import type { ExpiryFacts } from '../backup/expire.ts';
import type { Backup } from '../backup/list.ts';
import { readRestoreMark } from '../backup/restore-mark.ts';
import type { Context } from '../context.ts';
import { readReceipts } from '../rehearsal/receipt.ts';
import { isSameVersion } from '../system/versions.ts';
import { readJournal } from './journal.ts';
import { runIds } from './runs.ts';
import { foldJournal, type RunState } from './state.ts';

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
    waysBack: waysBack(states, installed),
    unfinished: new Set([...unfinishedBackups(states), ...(mark === undefined ? [] : [mark.backup])]),
    // A rehearsal counts for as long as its backup is fresh, and no longer than that is there.
    rehearsed: new Set(fresh.map(({ id }) => id).filter((id) => rehearsed.includes(id))),
    now,
    days: config.BACKUP_KEEP_DAYS,
    least: config.BACKUP_KEEP_LEAST,
  };
}

/**
 * The backups that an installed version would go back to: the last upgrade's, and, when an older version was restored
 * since, that of the upgrade which had brought that one. Pure.
 *
 * @param states newest first
 */
export function waysBack(states: readonly RunState[], installed: string | null): Set<string> {
  // `maj apply` alone takes no backup, and is in the journals, too.
  const succeeded = states.filter(({ outcome, backup }) => outcome === 'succeeded' && backup !== undefined);
  const upgrades = succeeded.filter(({ kind }) => kind === 'upgrade');
  // What brought the installed version is an upgrade: the backup of a run that went back is of the newer version.
  const runs = [succeeded[0], upgrades[0], upgrades.find(({ to }) => isSameVersion(to, installed))];
  return new Set(runs.map((run) => run?.backup).filter((id) => id !== undefined));
}

/** The backups of upgrades that did not come to their end. Pure. */
export const unfinishedBackups = (states: readonly RunState[]): string[] =>
  states
    .filter(({ outcome }) => outcome === 'unfinished')
    .map(({ backup }) => backup)
    .filter((id) => id !== undefined);

/** The states of all runs, newest first. */
export async function readStates(context: Pick<Context, 'projectDir'>): Promise<RunState[]> {
  const states: RunState[] = [];
  for (const run of await runIds(context)) {
    const state = foldJournal(await readJournal(context, run));
    if (state !== undefined) states.push(state);
  }
  return states;
}
