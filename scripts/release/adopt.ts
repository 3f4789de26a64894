import { keptPaths } from '../config/persistent.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isSameVersion } from '../core/versions.ts';
import { findPackage } from '../package/find.ts';
import type { FoundPackage } from '../package/types.ts';
import { compareLive } from './changes.ts';
import { fileChanges } from './file-changes.ts';
import { installedList, keepList, listOfPackage } from './installed.ts';
import { requireInstalled } from './places.ts';
import { discardStaged, unpackVerified, type VerifiedTree } from './stage.ts';
import { versionOfTree } from './version.ts';

/** A release that another program installed, compared with the package it came in. Paths are relative to the application. */
export interface AdoptedRelease {
  readonly version: string;
  readonly package: string;
  /** Files and links in the package that belong to no persistent path. */
  readonly files: number;
  /** How many of them are here as they are there. */
  readonly same: number;
  /** Those that are here otherwise. */
  readonly edited: readonly string[];
  /** Those that are not here. */
  readonly missing: readonly string[];
  /** What is here, in no package and in no persistent path: the user's own. */
  readonly own: readonly string[];
}

/**
 * Learns what the installed release consists of, from the package that it came in: an upgrade then tells the user's own files
 * from the release's, as where maj has installed it. Nothing of the application is changed. Called under the lock and with no
 * unfinished run.
 *
 * @param wanted the package, or its version; undefined: the installed version, as UPDATE_SOURCE has it
 * @throws MajError `not-installed`, `adopt-other-version`, `adopt-other-package`, `release-known`; those of
 *   `versionOfTree`, `findPackage` and `unpackVerified`
 */
export async function adoptRelease(context: Context, wanted: string | undefined): Promise<AdoptedRelease> {
  const live = await requireInstalled(context);
  const installed = await versionOfTree(live, context.config);
  const found = await findPackage(context, wanted ?? installed);
  const unpacked = await unpackVerified(context, found.path, 'adopt');
  try {
    return await compareAndKeep(context, live, installed, found, unpacked);
  } finally {
    await discardStaged(unpacked);
  }
}

async function compareAndKeep(
  context: Context,
  root: string,
  installed: string,
  { path, commit }: FoundPackage,
  { version, sha256, entries }: VerifiedTree,
): Promise<AdoptedRelease> {
  if (!isSameVersion(version, installed)) throw refused('adopt-other-version', { path, version, installed });
  const known = await installedList(context, installed);
  if (known !== undefined && known.sha256 !== sha256)
    throw refused('release-known', { version, path: known.package ?? known.sha256 });
  const kept = keptPaths(context);
  const live = await compareLive(context, root, { installed: entries, coming: [] }, kept);
  const { modified, deleted, carried } = fileChanges({ live, installed: entries, coming: [], kept });
  const same = live.filter(({ type, state }) => state === 'same' && type !== 'folder').length;
  const files = same + modified.length + deleted.length;
  if (same * 2 < files) throw refused('adopt-other-package', { path, version, files, same });
  // What maj has installed itself it knows better: what the dependencies command made is in that list.
  if (known === undefined)
    await keepList(context, listOfPackage({ version, sha256, package: path, commit, entries }, true));
  return { version, package: path, files, same, edited: modified, missing: deleted, own: carried };
}
