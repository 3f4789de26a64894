import { join } from 'node:path';
import { inStep, type Context } from '../core/context.ts';
import { readRequirements } from '../package/check-requirements.ts';
import { verifyPackage } from '../package/checksum.ts';
import type { Requirements } from '../package/requirements.ts';
import type { VerifiedPackage } from '../package/types.ts';
import { checkUnchanged, unpackPackage } from '../package/unpack.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import { packageVersion } from './stage.ts';

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
 * @throws MajError of `verifyPackage` and `unpackPackage`; `version-file-missing`, `version-not-told`, `version-invalid`,
 *   `requirements-invalid`
 */
export async function checkPackage(context: Context, file: string): Promise<PackageReport> {
  const verified = await inStep(context, 'verify-package', { path: file }, (progress) =>
    verifyPackage(context, file, progress),
  );
  return withTemporaryFolder('package', async (folder) => {
    const tree = join(folder, 'tree');
    const unpacked = await inStep(context, 'unpack-package', { path: file }, (progress) =>
      unpackPackage(context, file, tree, context.config.APP_VERSION_FILE, progress),
    );
    checkUnchanged(file, verified.sha256, unpacked.sha256);
    const files = unpacked.entries.filter((entry) => entry.type === 'file').length;
    const requirements = readRequirements(file, tree, unpacked.entries);
    return { ...verified, version: await packageVersion(context, tree, file), files, requirements };
  });
}
