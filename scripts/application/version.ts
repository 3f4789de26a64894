import { join } from 'node:path';
import semver from 'semver';
import type { Context } from '../context.ts';
import { readIfThere } from '../system/files.ts';
import { placesOf } from '../release/places.ts';

/**
 * A version as it is recorded and compared, however an application writes it: `v1.1.0` is `1.1.0`. Builds of one version,
 * such as `1.1.0+7`, stay apart, and what is no version stays as it is. Pure.
 */
export function normalVersion(text: string): string {
  const parsed = semver.parse(text);
  if (parsed === null) return text;
  return parsed.build.length === 0 ? parsed.version : `${parsed.version}+${parsed.build.join('.')}`;
}

/**
 * What an application may print for a version: that, what its tree has in APP_VERSION_FILE, and the version without its
 * build. Pure.
 *
 * @param written what the installed tree has there; null when there is none
 */
export function versionForms(version: string, written: string | null): readonly string[] {
  const asWritten = written !== null && normalVersion(written) === version ? [written] : [];
  return [...new Set([version, ...asWritten, semver.valid(version) ?? version])];
}

/**
 * The version that the installed application says it is, in its APP_VERSION_FILE, as `normalVersion` has it; null when
 * nothing is installed or the file is not there.
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
  return live === undefined ? null : versionIn(live, context.config.APP_VERSION_FILE);
}

/** The file is the application's: it may have made anything of it. */
const mostBytes = 1_000_000;

/** The version that a tree says it is, as it is written: the first line of its version file; null when there is none. */
export async function versionIn(tree: string, name: string): Promise<string | null> {
  const text = await readIfThere(join(tree, name), mostBytes);
  const line = text
    ?.replace(/^\ufeff/, '')
    .trim()
    .split('\n')[0]
    ?.trim();
  return line === undefined || line === '' ? null : line;
}
