import { findBackup } from '../backup/find.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { Context } from '../core/context.ts';
import { fileOfRecord } from '../migrations/script-names.ts';
import { findPackage } from '../package/find.ts';
import type { Allowance } from '../package/types.ts';
import type { Receipt } from '../rehearsal/receipt.ts';
import { installedVersion } from '../release/version.ts';
import type { RunState } from './journal/state.ts';
import { openToUsers, type Finished } from './open-to-users.ts';
import { complete, prepare, type UnknownRelease } from './prepare.ts';
import { withProver } from './prove-window-backup.ts';
import { withRun } from './recovery/roll-back-on-failure.ts';
import { refuseLeftOver } from './recovery/unfinished.ts';
import { stateOfRun, type Expected, type UpgradeRun } from './timed-steps.ts';
import { upgradeWindow } from './upgrade-window.ts';
import { passWindow, withFilesAhead, type WindowWork } from './window.ts';

/** How an upgrade is done. */
export interface UpgradeOptions {
  /** Also where the same package had failed on the same version before. */
  readonly retry: boolean;
  /** What else is let in than a step forward. */
  readonly allow: Allowance;
  /** Asks before files go along of which nothing tells whose they are; rejects when the answer is no. */
  readonly confirmUnknown: (release: UnknownRelease) => Promise<void>;
}

/** An upgrade that has succeeded. */
export interface Upgraded extends Finished {
  /** The files of the migrations that were applied. */
  readonly migrations: readonly string[];
}

/**
 * The whole guide, in order, journaled; called under the lock.
 *
 * @param wanted a version, the path of a package, or a commit
 * @param allow versions that are no step forward
 * @throws MajError what refused it, before anything changed; `upgrade-rolled-back` (exit code 10);
 *   `upgrade-not-rolled-back` (11); `upgrade-unfinished` (6)
 */
export async function upgrade(context: Context, wanted: string, options: UpgradeOptions): Promise<Upgraded> {
  await refuseLeftOver(context);
  const from = await installedVersion(context);
  const found = { ...(await findPackage(context, wanted)), allow: options.allow };
  const facts = {
    from,
    // A file that is named from where the user stands has to be found from elsewhere, too.
    to: found.version === undefined && found.commit === undefined ? found.path : wanted,
    package: found.path,
    kind: 'upgrade',
    retry: options.retry,
    allow: { reinstall: options.allow.reinstall === true, downgrade: options.allow.downgrade === true },
  } as const;
  return withRun(context, facts, async (run) => {
    const prepared = await prepare(run, found, options);
    const proven = await findBackup(context, prepared.receipt.backup);
    return withFilesAhead(run, async (ahead) => {
      const completed = await complete(context, prepared);
      return withProver(context, proven, async (prover) => {
        const { receipt } = completed;
        const expected = expectedOf(receipt, { manifest: proven.manifest, lookMs: await ahead.timeLook() });
        const openedMs = context.clock.monotonicMs();
        const work = upgradeWindow(run, completed, { prover, ahead, resumed: false });
        const finished = await throughWindow(run, work, { openedMs, expected });
        return { ...finished, migrations: filesOf(receipt) };
      });
    });
  });
}

/**
 * Goes through a window and lets users in. In between stands the line in the journal from which on nothing is taken back
 * any more.
 *
 * @param options `reached`: where an earlier try was cut off
 */
export async function throughWindow(
  run: UpgradeRun,
  work: WindowWork,
  options: {
    readonly openedMs?: number;
    readonly reached?: RunState | undefined;
    readonly expected?: Expected;
  },
): Promise<Finished> {
  await passWindow(run, work, options.reached);
  await run.journal.add({ type: 'step-started', step: 'maintenance-off' });
  const state = await stateOfRun(run);
  if (state === undefined) throw new Error('the journal has lost its start');
  return openToUsers(run, state, options);
}

/**
 * How long the rehearsal says that the steps of the window take which it had, too.
 *
 * @param files where the files are archived already: how long the database took of the rehearsal's backup, and what it takes
 *   to see which files have changed since
 */
export function expectedOf(
  { durationMs }: Pick<Receipt, 'durationMs'>,
  files?: {
    readonly manifest: Pick<Manifest, 'durationMs' | 'databaseMs'>;
    readonly lookMs: number;
  },
): Expected {
  const backup =
    files === undefined
      ? durationMs.backup
      : Math.round((files.manifest.databaseMs ?? files.manifest.durationMs) + files.lookMs);
  return { 'final-backup': backup, migrate: durationMs.scripts ?? durationMs.migrations };
}

/** The files of the scripts that a rehearsal ran. */
export const filesOf = ({ pending, scripts }: Pick<Receipt, 'pending' | 'scripts'>): string[] =>
  pending.flatMap((version) => scripts.filter((script) => script.version === version).map(fileOfRecord));
