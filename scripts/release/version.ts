import { basename, join } from 'node:path';
import type { Config } from '../config/settings.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isSameVersion, isVersion, normalVersion } from '../core/versions.ts';
import { readIfThere } from '../system/files.ts';
import { firstMatch } from '../system/regular-expression.ts';
import { placesOf } from './places.ts';

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

/** The settings that say where a tree tells its version. */
export type VersionPlace = Pick<Config, 'APP_VERSION_FILE' | 'APP_VERSION_PATTERN'>;

/** Why a file tells no version: it is not there, holds nothing, or not what is looked for. */
export type NoVersion = 'no-file' | 'empty' | 'no-json' | 'no-key' | 'no-match' | 'endless';

/** The version that a tree tells, as it is written; it may be no version at all. */
type WrittenVersion = { readonly written: string } | { readonly because: NoVersion };

/**
 * The version in a file of an application: what APP_VERSION_PATTERN finds in it (its first group, else all that matches);
 * without a pattern the `version` of a package.json or composer.json, and the first line of any other file. Pure.
 *
 * @param text what the file holds; undefined where it is not there
 */
export function versionInText(text: string | undefined, place: VersionPlace): WrittenVersion {
  const { APP_VERSION_FILE: file, APP_VERSION_PATTERN: pattern } = place;
  if (text === undefined) return { because: 'no-file' };
  const content = text.replace(/^\ufeff/, '');
  if (pattern !== undefined) return inMatch(pattern, content);
  if (['package.json', 'composer.json'].includes(basename(file))) return inJson(content);
  return writtenOr(content.trim().split('\n')[0], 'empty');
}

function inMatch(pattern: RegExp, content: string): WrittenVersion {
  const match = firstMatch(pattern, content);
  if (match === 'endless') return { because: 'endless' };
  return writtenOr(match?.[1] ?? match?.[0], 'no-match');
}

function inJson(content: string): WrittenVersion {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { because: 'no-json' };
  }
  const version = typeof value === 'object' && value !== null && 'version' in value && value.version;
  return writtenOr(typeof version === 'string' ? version : '', 'no-key');
}

const writtenOr = (text: string | undefined, because: NoVersion): WrittenVersion =>
  text === undefined || text.trim() === '' ? { because } : { written: text.trim() };
