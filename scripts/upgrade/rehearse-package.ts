import { installDependencies } from '../application/deploy-commands.ts';
import type { Backup } from '../backup/list.ts';
import { stopIfInterrupted, type Context } from '../core/context.ts';
import { refuseProblems } from '../migrations/plan.ts';
import { readPlan } from '../migrations/read-plan.ts';
import { findPackage } from '../package/find.ts';
import type { Allowance } from '../package/types.ts';
import { rehearse, type Rehearsal } from '../rehearsal/rehearse.ts';
import { discardStaged, stagePackage } from '../release/stage.ts';
import type { StagedRelease } from '../release/types.ts';
import { checkReady } from './preconditions.ts';
import { refuseLeftOver } from './recovery/unfinished.ts';

/** A rehearsal of an upgrade to a package. */
export interface PackageRehearsal extends Rehearsal {
  readonly package: Pick<StagedRelease, 'version' | 'package' | 'sha256'>;
}

/**
 * Does what an upgrade to this package does before it opens its window: what is unpacked is removed again, the receipt
 * stays. It serves the upgrade to whatever package brings the same scripts. Called under the lock.
 *
 * @param wanted a version, the path of a package, or a commit
 * @param options `given`: the backup to rehearse on; a new one is taken when there is none
 * @throws MajError of `withPackage`, `refuseProblems` and `rehearse`
 */
export function rehearsePackage(
  context: Context,
  wanted: string,
  options: { readonly given: Backup | undefined; readonly allow: Allowance },
): Promise<PackageRehearsal> {
  return withPackage(context, wanted, { name: 'rehearsal', allow: options.allow }, async (staged) => {
    // It may bring scripts, too.
    await installDependencies(context, staged.folder);
    stopIfInterrupted(context);
    const { folder, plan } = await readPlan(context, { stagedDir: staged.folder });
    refuseProblems(plan);
    const { version, package: path, sha256 } = staged;
    return {
      ...(await rehearse(context, folder, options.given)),
      package: { version, package: path, sha256 },
    };
  });
}

/**
 * Works with a package as an upgrade would have it, unpacked beside the application, and removes it again: nothing is
 * installed. Called under the lock.
 *
 * @param wanted a version, the path of a package, or a commit
 * @param name what it is unpacked for
 * @throws MajError of `refuseLeftOver`: staging would remove the tree that an unfinished run is to be resumed with; what
 *   `checkReady`, `findPackage` and `stagePackage` throw
 */
export async function withPackage<T>(
  context: Context,
  wanted: string,
  { name, allow }: { readonly name: 'plan' | 'rehearsal'; readonly allow: Allowance },
  work: (staged: StagedRelease) => Promise<T>,
): Promise<T> {
  await refuseLeftOver(context);
  await checkReady(context);
  const found = await findPackage(context, wanted);
  const staged = await stagePackage(context, found.path, { ...found, allow, runId: name });
  try {
    return await work(staged);
  } finally {
    await discardStaged(staged);
  }
}
