import { join } from 'node:path';
import type { Context } from '../context.ts';
import { refused } from '../errors.ts';
import { readIfThere } from '../system/files.ts';
import { isSameVersion, isVersion, normalVersion } from '../system/versions.ts';
import { placesOf } from '../release/places.ts';
import { versionInText, type VersionPlace, type WrittenVersion } from './version-text.ts';

/**
 * What an application may print for a version: that, what its tree has in APP_VERSION_FILE, and the version without its
 * build. Pure.
 *
 * @param written what the installed tree has there; null when there is none
 */
export function versionForms(version: string, written: string | null): readonly string[] {
  const asWritten = written !== null && isSameVersion(written, version) ? [written] : [];
  const withoutBuild = isVersion(version) ? version.replace(/\+.*/, '') : version;
  return [...new Set([version, ...asWritten, withoutBuild])];
}

/**
 * The version that the installed application says it is, as `normalVersion` has it; null when nothing is installed, or it
 * does not tell.
 */
export async function installedVersion(
  context: Pick<Context, 'config' | 'projectDir'>,
): Promise<string | null> {
  const written = await writtenVersion(context);
  return written === null ? null : normalVersion(written);
}

/** The same as the application has written it. */
export async function writtenVersion(
  context: Pick<Context, 'config' | 'projectDir'>,
): Promise<string | null> {
  const { live } = await placesOf(context);
  if (live === undefined) return null;
  const found = await versionIn(live, context.config);
  return 'written' in found ? found.written : null;
}

/**
 * Refuses an installed application that does not tell its version.
 *
 * @throws MajError of `versionOfTree`
 */
export async function checkInstalledVersion(context: Pick<Context, 'config' | 'projectDir'>): Promise<void> {
  const { live } = await placesOf(context);
  if (live !== undefined) await versionOfTree(live, context.config);
}

/**
 * The version of an installed tree, as `normalVersion` has it.
 *
 * @throws MajError of `toldVersion`; `installed-version-invalid`
 */
export async function versionOfTree(live: string, place: VersionPlace): Promise<string> {
  const text = await toldVersion(live, live, place);
  if (!isVersion(text)) throw refused('installed-version-invalid', { text });
  return normalVersion(text);
}

/** The file is the application's: it may have made anything of it. */
const mostBytes = 1_000_000;

/** The version that a tree says it is, as it is written, or why it does not. */
export async function versionIn(tree: string, place: VersionPlace): Promise<WrittenVersion> {
  return versionInText(await readIfThere(join(tree, place.APP_VERSION_FILE), mostBytes), place);
}

/**
 * The version that a tree says it is, as it is written.
 *
 * @param path what the tree is called in errors
 * @throws MajError `version-file-missing`, `version-not-told`
 */
export async function toldVersion(tree: string, path: string, place: VersionPlace): Promise<string> {
  const found = await versionIn(tree, place);
  if ('written' in found) return found.written;
  const { APP_VERSION_FILE: name } = place;
  const { because } = found;
  throw because === 'no-file'
    ? refused('version-file-missing', { path, name })
    : refused('version-not-told', { path, name, because });
}
