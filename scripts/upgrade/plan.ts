import { maintenanceState } from '../application/maintenance.ts';
import { serviceSettings } from '../application/services.ts';
import { backupsDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { refuseProblems } from '../migrations/plan.ts';
import { readPlan } from '../migrations/read-plan.ts';
import type { Allowance } from '../package/types.ts';
import { findReceipt } from '../rehearsal/find-receipt.ts';
import type { FileChanges } from '../release/types.ts';
import { shownUrl } from '../system/urls.ts';
import { findFailure, type FailedRun } from './previous-failure.ts';
import { withPackage } from './rehearse-package.ts';

/** What an upgrade would do. */
export interface UpgradePlan {
  readonly from: string | null;
  readonly to: string;
  readonly package: string;
  /** The files of the pending migrations. */
  readonly pending: readonly string[];
  readonly maintenance: string;
  /** The settings by which services are stopped and started. */
  readonly services: readonly string[];
  readonly health: string | undefined;
  /** The receipt that makes a rehearsal needless. */
  readonly rehearsal: string | undefined;
  readonly backup: string;
  readonly changes: FileChanges;
  /** This very package failed before: the upgrade will be refused without `--retry`. */
  readonly failedBefore: FailedRun | undefined;
}

/**
 * Looks at everything that an upgrade would look at, and changes nothing: what is unpacked is removed again. Called under
 * the lock.
 *
 * @throws MajError of `withPackage` and `refuseProblems`
 */
export function planUpgrade(context: Context, wanted: string, allow: Allowance = {}): Promise<UpgradePlan> {
  return withPackage(context, wanted, { name: 'plan', allow }, async (staged) => {
    const { APP_HEALTH_URL: health } = context.config;
    const { plan, migrations } = await readPlan(context, { stagedDir: staged.folder });
    refuseProblems(plan);
    return {
      from: staged.previousVersion,
      to: staged.version,
      package: staged.package,
      pending: plan.pending.map(({ file }) => file),
      maintenance: await maintenanceState(context),
      services: serviceSettings(context.config),
      health: health === undefined ? undefined : shownUrl(health),
      rehearsal: (await findReceipt(context, migrations, plan))?.id,
      backup: backupsDir(context),
      changes: staged.changes,
      failedBefore: await findFailure(context, staged.sha256),
    };
  });
}
