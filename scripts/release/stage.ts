import { dirname, join } from 'node:path';
import { persistentPaths } from '../config/persistent.ts';
import { inStep, note, warn, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { compareVersions, isVersion, normalVersion } from '../core/versions.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { isTextTaken } from '../migrations/accepted.ts';
import { readMigrations } from '../migrations/folder.ts';
import type { LedgerRow } from '../migrations/ledger/columns.ts';
import { readLedger } from '../migrations/ledger/ledger.ts';
import type { Migration } from '../migrations/migration.ts';
import { nameOfRecord, versionKey } from '../migrations/script-names.ts';
import { scriptsPath } from '../migrations/scripts-folder.ts';
import { checkRequirements, readRequirements } from '../package/check-requirements.ts';
import { verifyPackage } from '../package/checksum.ts';
import type { Allowance, ReleaseEntry, VerifiedPackage } from '../package/types.ts';
import { unpackPackage } from '../package/unpack.ts';
import { makeFolders } from '../system/symlink-safe-fs.ts';
import {
  exists,
  fileFailed,
  makePrivateFolder,
  namesIn,
  onSameFileSystem,
  remove,
  removeWritten,
  statIfThere,
} from '../system/files.ts';
import { reportChanges } from './changes.ts';
import { originalsOf } from './copy/edited-files.ts';
import { checkShared } from './copy/not-shared.ts';
import { listOfPackage, writeReleaseList } from './installed.ts';
import { takeLeftTreeBack } from './lend-tree.ts';
import { checkPlaces, placesOf } from './places.ts';
import { clockOf } from './snapshot.ts';
import { moveMark } from './switch.ts';
import { entryAt } from './tree.ts';
import type { Places, StagedRelease } from './types.ts';
import { installedVersion, toldVersion } from './version.ts';

/** What a package is staged for. */
interface StageOptions {
  readonly runId: string;
  /** The version that the package must be of; any newer one when it was not asked for by version. */
  readonly version?: string | undefined;
  /** The commit that the package was made of: recorded with what is installed. */
  readonly commit?: string | undefined;
  readonly allow?: Allowance | undefined;
  /** Called once the sum is right, before the package is unpacked. */
  readonly verified?: (file: VerifiedPackage) => Promise<void>;
}

/**
 * Verifies a package, unpacks it beside the live tree, and looks at what the switch would mean for local changes.
 * Nothing live is changed, and what was staged is removed again when the package is refused.
 *
 * Called under the lock and with no unfinished run: what earlier runs staged and left is removed first.
 *
 * @param file the package
 * @throws MajError of `verifyPackage`, `unpackPackage` and `checkPlaces`; `version-file-missing`, `version-not-told`, `version-invalid`,
 *   `version-other`, `version-older`, `version-same`, `release-exists`, `not-one-file-system`, `not-shared`;
 *   `requirements-invalid`, `requirements-unmet`, `downgrade-migrations`
 */
export async function stagePackage(
  context: Context,
  file: string,
  options: StageOptions,
): Promise<StagedRelease> {
  const unpacked = await unpackVerified(context, file, options.runId, options.verified);
  const { folder, places, version, sha256 } = unpacked;
  const persistent = persistentPaths(context.config.APP_PERSIST);
  try {
    const previousVersion = await installedVersion(context);
    if (places.live !== undefined && previousVersion === null)
      warn(context, 'version-unknown', { version, path: places.live, name: context.config.APP_VERSION_FILE });
    const step = checkVersion(version, previousVersion, options.version, options.allow);
    const needs = readRequirements(file, folder, unpacked.entries);
    await checkRequirements(context, needs, version, places.live === undefined ? undefined : previousVersion);
    if (step === 'down') await checkDowngrade(context, folder, { version, installed: previousVersion });
    await checkShared(places, persistent, folder);
    const releaseName = freeName(places, version, step === 'up' ? undefined : options.runId);
    const list = `${folder}.json`;
    const { runId, commit } = options;
    const { entries } = unpacked;
    const isComplete = context.config.APP_DEPENDENCIES_COMMAND === undefined;
    await writeReleaseList(
      list,
      listOfPackage({ version, sha256, package: file, commit, entries }, isComplete),
    );
    const lookedAtMs = places.live === undefined ? undefined : clockOf(list);
    const changes = await reportChanges(context, places, previousVersion, folder, entries);
    const named = { runId, version, releaseName, previousVersion };
    return { ...named, folder, list, package: file, sha256, lookedAtMs, changes };
  } catch (error) {
    await discardStaged({ folder });
    throw error;
  }
}

/** A package that was verified and lies unpacked in our area. */
export interface VerifiedTree {
  readonly places: Places;
  readonly folder: string;
  readonly version: string;
  readonly sha256: string;
  readonly entries: readonly ReleaseEntry[];
}

/**
 * Verifies a package and unpacks it beside the live tree; `discardStaged` removes it again. What earlier runs left there is
 * removed first.
 *
 * @throws MajError of `verifyPackage`, `checkPlaces` and `unpackAsVerified`; `not-one-file-system`
 */
export async function unpackVerified(
  context: Context,
  file: string,
  runId: string,
  whenVerified: StageOptions['verified'] = () => Promise.resolve(),
): Promise<VerifiedTree> {
  const verified = await verifyPackage(context, file);
  if (verified.signedBy !== null) note(context, 'package-signed', verified.signedBy);
  await whenVerified(verified);
  const places = await placesOf(context);
  await checkPlaces(context, places);
  const folder = await stagingFolder(places, runId);
  try {
    return { places, folder, ...(await unpackAsVerified(context, verified, folder)) };
  } catch (error) {
    await discardStaged({ folder });
    throw error;
  }
}

/**
 * Removes what was staged and did not become the live tree; a tree that a switch was begun with and neither ended nor
 * taken back stays, for the application's own files may be in it.
 */
export async function discardStaged(staged: Pick<StagedRelease, 'folder'>): Promise<void> {
  if (await exists(moveMark(staged.folder))) return;
  await takeLeftTreeBack(staged.folder);
  await remove(staged.folder);
  await removeWritten(`${staged.folder}.json`);
  await remove(originalsOf(staged.folder));
  // Left by a crash while the single folder at the top of a package was taken off.
  await remove(`${staged.folder}.top`);
}

async function stagingFolder(places: Places, runId: string): Promise<string> {
  await makePrivateFolder(places.area);
  const target = places.live ?? dirname(places.entry);
  if (!(await onSameFileSystem(places.area, target)))
    throw refused('not-one-file-system', { area: places.area, target });
  for (const name of await namesIn(places.area)) {
    const tree = /^staged-[^.]+/.exec(name)?.[0];
    if (tree !== undefined) await discardStaged({ folder: join(places.area, tree) });
  }
  return join(places.area, `staged-${runId}`);
}

/**
 * Unpacks a package whose sum was looked at, and reads the version that the application in it says it is.
 *
 * @throws MajError of `unpackPackage`; `package-changed`, `version-file-missing`, `version-not-told`, `version-invalid`
 */
export async function unpackAsVerified(
  context: Context,
  { path, sha256: verified }: Pick<VerifiedPackage, 'path' | 'sha256'>,
  folder: string,
): Promise<Pick<VerifiedTree, 'version' | 'sha256' | 'entries'>> {
  const { APP_VERSION_FILE: name } = context.config;
  const { entries, sha256 } = await inStep(context, 'unpack-package', { path }, (progress) =>
    unpackPackage(context, path, folder, name, progress),
  );
  if (sha256 !== verified) throw refused('package-changed', { path });
  const text = await toldVersion(folder, path, context.config);
  if (!isVersion(text)) throw refused('version-invalid', { path, name, text });
  return { sha256, entries, version: normalVersion(text) };
}

/**
 * Refuses a version that is not the one asked for, or no step forward from the installed one unless that is allowed: pure.
 *
 * @returns the direction; `up` where nothing is installed
 * @throws MajError `version-other`, `installed-version-invalid`, `version-same`, `version-older`
 */
export function checkVersion(
  version: string,
  installed: string | null,
  wanted: string | undefined,
  allow: Allowance = {},
): 'up' | 'same' | 'down' {
  if (wanted !== undefined && compareVersions(version, wanted) !== 0)
    throw refused('version-other', { version, wanted });
  if (installed === null) return 'up';
  if (!isVersion(installed)) throw refused('installed-version-invalid', { text: installed });
  const order = compareVersions(version, installed);
  if (order === 0) {
    if (allow.reinstall !== true) throw refused('version-same', { version });
    return 'same';
  }
  if (order > 0) return 'up';
  if (allow.downgrade !== true) throw refused('version-older', { version, installed });
  return 'down';
}

/**
 * The name of the release's folder among the releases.
 *
 * @param otherwise what makes it another one where that is taken; undefined: then it is refused
 */
function freeName(places: Places, version: string, otherwise: string | undefined): string {
  if (places.releases === undefined) return version;
  const taken = entryAt(places.releases, version) !== undefined;
  if (taken && otherwise === undefined)
    throw refused('release-exists', { version, path: join(places.releases, version) });
  try {
    // Not private: the web server has to enter it.
    makeFolders(places.releases);
  } catch (error) {
    throw fileFailed(places.releases, 'made', error);
  }
  return taken ? `${version}-${otherwise ?? ''}` : version;
}

/**
 * The migrations that stand between the database and an older release: those in the ledger, finished or not, that the
 * release does not have, or has with a text that was not accepted. Pure.
 */
export function standingBetween(
  ledger: readonly Pick<LedgerRow, 'version' | 'name' | 'checksum' | 'connectionId' | 'accepted'>[],
  scripts: readonly Pick<Migration, 'version' | 'checksum'>[],
): readonly string[] {
  const known = new Map(scripts.map((script) => [versionKey(script.version), script.checksum]));
  return ledger
    .filter((row) => {
      const text = known.get(versionKey(row.version));
      return text === undefined || !isTextTaken(row, text);
    })
    .map(nameOfRecord);
}

/**
 * Refuses an older release whose database would be newer than it knows. What the release itself brings counts: scripts of
 * the project folder say nothing of what its code was written for.
 *
 * @throws MajError `downgrade-migrations`, and what connecting and reading the ledger throw
 */
async function checkDowngrade(
  context: Context,
  staged: string,
  versions: { readonly version: string; readonly installed: string | null },
): Promise<void> {
  const { path, of } = scriptsPath(context);
  const folder = of === 'system' ? undefined : join(staged, path);
  const brings = folder !== undefined && (await statIfThere(folder))?.isDirectory() === true;
  const scripts = brings ? await readMigrations(folder, context.config) : [];
  const ledger = await withSession(context, targetFromConfig(context), (session) => readLedger(session));
  const between = standingBetween(ledger, scripts);
  if (between.length > 0) throw refused('downgrade-migrations', { ...versions, migrations: between });
}
