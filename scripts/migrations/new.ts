import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refused, wrongUsage } from '../core/errors.ts';
import { exists, fileFailed, systemErrorCode } from '../system/files.ts';
import { forWhole } from '../system/regular-expression.ts';
import { readMigrations, type ScriptSettings } from './folder.ts';
import type { Migration } from './migration.ts';
import { byVersion, compareScriptVersions } from './script-names.ts';

const timestampDigits = 12;

/**
 * The next version, in the style of those that are there: the number after the last one, as wide, or the time to the
 * minute (UTC); undefined where the last one has several numbers (`1.2.0`), and nobody but its author knows the next. Pure.
 */
export function nextVersion(versions: readonly string[], now: Date): string | undefined {
  const newest = [...versions].sort(compareScriptVersions).at(-1) ?? '000';
  if (!/^\d+$/.test(newest)) return undefined;
  const after = String(BigInt(newest) + 1n).padStart(newest.length, '0');
  if (newest.length < timestampDigits) return after;
  const time = now.toISOString().replace(/\D/g, '').slice(0, newest.length);
  return compareScriptVersions(time, newest) > 0 ? time : after;
}

/** `Add invoices!` as `add_invoices`. Pure. */
export function fileNameOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.sql$/, '')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
}

/**
 * Makes an empty script with the next version; its path.
 *
 * @throws MajError `migration-name`; `migration-exists`; `migration-own-scheme` where scripts are named in another way; what `readMigrations` throws
 */
export async function createMigration(
  folder: string,
  name: string,
  { now, settings }: { readonly now: Date; readonly settings: ScriptSettings },
): Promise<string> {
  const words = fileNameOf(name);
  if (words === '') throw wrongUsage('migration-name', { name });
  const present: readonly Migration[] = (await exists(folder)) ? await readMigrations(folder, settings) : [];
  const version = nextVersion(
    present.map((migration) => migration.version),
    now,
  );
  const file = `${version ?? ''}_${words}.sql`;
  if (version === undefined || !isTaken(file, version, settings))
    throw refused('migration-own-scheme', { folder, newest: [...present].sort(byVersion).at(-1)?.file });
  const path = join(folder, file);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, header(version, name), { flag: 'wx' });
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw refused('migration-exists', { path });
    throw fileFailed(path, 'written', error);
  }
  return path;
}

/** Whether a new file would be one of the scripts, with this version. */
const isTaken = (file: string, version: string, { MIGRATIONS_PATTERN: pattern }: ScriptSettings): boolean =>
  pattern === undefined || forWhole(pattern).exec(file)?.[1] === version;

const header = (version: string, name: string): string => `-- ${version}: ${name.replace(/\s+/g, ' ').trim()}

`;
