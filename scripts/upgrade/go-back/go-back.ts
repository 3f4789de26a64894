import { basename } from 'node:path';
import { checkHealth, runSmoke } from '../../application/health.ts';
import { checkServices } from '../../application/services.ts';
import { filesSince } from '../../backup/files-since.ts';
import type { FilesAhead } from '../../backup/files/files-ahead.ts';
import { findBackup } from '../../backup/find.ts';
import { listBackups, type Backup } from '../../backup/list.ts';
import { takeBackup } from '../../backup/take.ts';
import { verifyBackup } from '../../backup/verify.ts';
import { persistentPaths } from '../../config/persistent.ts';
import { warn, type Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { targetFromConfig } from '../../database/session/target.ts';
import { checkShared } from '../../release/copy/not-shared.ts';
import { checkPlaces, placesOf } from '../../release/places.ts';
import type { StagedFacts } from '../../release/types.ts';
import { installedVersion } from '../../release/version.ts';
import { checkRestorable } from '../../restore/check-restorable.ts';
import { onlyTables } from '../../restore/load/plan.ts';
import { isSameCode, wayNeedsDefiners } from '../../restore/restore-database.ts';
import { tryRestore } from '../../restore/trial/trial.ts';
import type { RunState } from '../journal/state.ts';
import { findPreviousVersion, readStates } from '../needed-backups.ts';
import type { Finished } from '../open-to-users.ts';
import { takeProven, withProver, type Prover } from '../prove-window-backup.ts';
import { withRun } from '../recovery/roll-back-on-failure.ts';
import { bringDatabaseBack, refuseOtherDatabase } from '../recovery/roll-back.ts';
import { refuseOtherInstallation } from '../recovery/same-installation.ts';
import { doStep, type UpgradeRun } from '../timed-steps.ts';
import { throughWindow } from '../upgrade.ts';
import { withFilesAhead, type WindowWork } from '../window.ts';
import { countLostRows, type LostRows } from './lost-rows.ts';
import { findOlderTree, planOlderTree } from './older-tree.ts';

/** What going back would mean, before anything is changed. */
export interface GoBackPlan {
  readonly from: string | null;
  readonly to: string | null;
  /** The backup that is gone back to, and when it was taken; ISO 8601. */
  readonly backup: string;
  readonly takenAt: string;
  /** What has been written since, table by table. */
  readonly lost: readonly LostRows[];
  /** What was written since outside of APP_PERSIST: paths from APP_DIR. They stay in the tree that is kept. */
  readonly files: readonly string[];
}

/** The version before is back. */
export interface WentBack extends Finished {
  /** The backup that was gone back to. `backup` has everything from before going back. */
  readonly restored: string;
  /** See `GoBackPlan`; of a way back that was gone on with they were told before. */
  readonly files?: readonly string[];
}

/**
 * Goes back to the version before, once an upgrade has succeeded: says what would be lost and asks, and then goes through
 * a window of its own, whose failure is undone like an upgrade's. Called under the lock, with no unfinished run.
 *
 * @param confirm throws when the user does not agree
 * @param options see `refuseOtherInstallation`
 * @throws MajError `no-way-back`, `other-installation`, `other-database`, `not-shared` before anything was changed;
 *   `upgrade-rolled-back` (exit code 10): the newer version stays;
 *   `upgrade-not-rolled-back` (11)
 */
export async function goBack(
  context: Context,
  confirm: (plan: GoBackPlan) => Promise<void>,
  options: { readonly serverMoved: boolean },
): Promise<WentBack> {
  const from = await installedVersion(context);
  const proven = (await listBackups(context)).filter(({ proof }) => proof !== null).map(({ id }) => id);
  const way = findPreviousVersion(await readStates(context), from, new Set(proven));
  if ('because' in way) throw refused('no-way-back', { installed: from, because: way.because });
  const { run: undone } = way;
  await refuseOtherInstallation(context, undone, options);
  const older = await findBackup(context, way.backup);
  refuseOtherDatabase(older, targetFromConfig(context));
  await checkServices(context);
  await verifyBackup(context, older, { trustProof: true });
  const { lost, proven: present } = await countLostRows(context, older, await takeBackup(context));
  if (wayNeedsDefiners(older.manifest, present.manifest))
    await checkRestorable(context, older, targetFromConfig(context), 'keep', { wayBack: true });
  await tryGoingBack(context, older, present);
  const to = undone.from ?? older.manifest.appVersion;
  const files = await filesSince(context, older, 'stays');
  const plan = { from, to, backup: older.id, takenAt: older.manifest.createdAt, lost, files };
  if (lost.length > 0) warn(context, 'rows-lost', plan);
  if (files.length > 0) warn(context, 'files-left-behind', plan);
  await confirm(plan);
  const facts = { from, to: to ?? 'unknown', package: older.id, kind: 'go-back' } as const;
  return withRun(context, facts, async (run) => {
    const arriving = await doStep(run, 'stage', () => stageOlder(run, undone, older, { from, to }));
    return withFilesAhead(run, (ahead) =>
      withProver(context, present, async (prover) => {
        const openedMs = context.clock.monotonicMs();
        const work = goBackWindow(context, arriving, older, { prover, ahead });
        return { ...(await throughWindow(run, work, { openedMs })), restored: older.id, files };
      }),
    );
  });
}

/** Rows of any table may be written until the window opens; code that is the same is left as it is. */
async function tryGoingBack(context: Context, older: Backup, present: Backup): Promise<void> {
  const tables = new Set(older.manifest.inventory.tables.map(({ name }) => name));
  await tryRestore(context, older, targetFromConfig(context), {
    definers: 'keep',
    wayBack: true,
    ...(isSameCode(older.manifest, present.manifest) ? { selection: onlyTables(tables) } : {}),
  });
}

async function stageOlder(
  { context, journal }: UpgradeRun,
  undone: RunState,
  older: Backup,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): Promise<StagedFacts> {
  const places = await placesOf(context);
  await checkPlaces(context, places, 'back');
  const folder = await findOlderTree(context, undone, older, journal.run);
  await checkShared(places, persistentPaths(context.config.APP_PERSIST), folder);
  const release = {
    releaseName: basename(folder),
    previousVersion: from,
    list: '',
    package: older.id,
    sha256: '',
  };
  await journal.add({ type: 'staged', folder, version: to ?? 'unknown', release });
  return { runId: journal.run, version: to ?? 'unknown', folder, ...release };
}

/**
 * What the window of going back does.
 *
 * @param options `prover`: not given where no backup has to be taken any more; `ahead`: the files, where this process has
 *   archived them
 */
export function goBackWindow(
  context: Context,
  arriving: StagedFacts,
  older: Backup,
  { prover, ahead }: { readonly prover?: Prover | undefined; readonly ahead?: FilesAhead },
): WindowWork {
  return {
    version: arriving.version,
    reason: `going back to ${arriving.version}`,
    backUp: () => takeProven(context, { prover, ahead }),
    planSwitch: () => planOlderTree(context, arriving),
    database: { step: 'restore', change: () => bringDatabaseBack(context, older.id) },
    checkHealth: async () => {
      await checkHealth(context, arriving.version === 'unknown' ? {} : { version: arriving.version });
      await runSmoke(context);
    },
  };
}
