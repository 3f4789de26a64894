import { join } from 'node:path';
import type { Context } from '../core/context.ts';
import { readRequirements } from '../package/check-requirements.ts';
import { verifyPackage } from '../package/checksum.ts';
import type { Requirements } from '../package/requirements.ts';
import type { VerifiedPackage } from '../package/types.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import { unpackAsVerified } from './stage.ts';

/** What a package that is sound is: for `maj verify package`. */
export interface PackageReport extends VerifiedPackage {
  readonly version: string;
  readonly files: number;
  /** What it says that it needs. */
  readonly requirements: Requirements;
}

/**
 * Checks a package as an upgrade would, without an application: its sum, everything in it, and its version. It is
 * unpacked into a temporary folder and removed again.
 *
 * @throws MajError of `verifyPackage` and `unpackAsVerified`; `requirements-invalid`
 */
export async function checkPackage(context: Context, file: string): Promise<PackageReport> {
  const verified = await verifyPackage(context, file);
  return withTemporaryFolder('package', async (folder) => {
    const tree = join(folder, 'tree');
    const { version, entries } = await unpackAsVerified(context, verified, tree);
    const files = entries.filter((entry) => entry.type === 'file').length;
    return { ...verified, version, files, requirements: readRequirements(file, tree, entries) };
  });
}
