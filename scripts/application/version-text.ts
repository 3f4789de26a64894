import { basename } from 'node:path';
import type { Config } from '../config/settings.ts';
import { firstMatch } from '../system/regular-expression.ts';

/** The settings that say where a tree tells its version. */
export type VersionPlace = Pick<Config, 'APP_VERSION_FILE' | 'APP_VERSION_PATTERN'>;

/** Why a file tells no version: it is not there, holds nothing, or not what is looked for. */
export type NoVersion = 'no-file' | 'empty' | 'no-json' | 'no-key' | 'no-match' | 'endless';

/** The version that a tree tells, as it is written; it may be no version at all. */
export type WrittenVersion = { readonly written: string } | { readonly because: NoVersion };

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
