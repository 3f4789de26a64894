import type { Context } from '../context.ts';
import { findPackage } from '../release/find.ts';
import { discardStaged, stagePackage } from '../release/stage.ts';
import type { Allowance, StagedRelease } from '../release/types.ts';
import { checkReady } from './ready.ts';
import { refuseLeftOver } from './unfinished.ts';

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
