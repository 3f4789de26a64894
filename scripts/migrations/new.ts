import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refused, wrongUsage } from '../errors.ts';
import { exists, fileFailed, systemErrorCode } from '../system/files.ts';
import { readMigrations, versionNumber, type Migration } from './folder.ts';

const timestampDigits = 12;

/**
 * The next version, in the style of those that are there: the number after the last one, as wide, or the time to the
 * minute (UTC). Pure.
 */
export function nextVersion(versions: readonly string[], now: Date): string {
  const highest = versions.reduce((most, version) => Math.max(most, versionNumber(version)), 0);
  const newest = versions.find((version) => versionNumber(version) === highest);
  if (newest !== undefined && newest.length >= timestampDigits) {
    const time = now.toISOString().replace(/\D/g, '').slice(0, newest.length);
    return versionNumber(time) > highest ? time : String(highest + 1);
  }
  return String(highest + 1).padStart(newest?.length ?? 3, '0');
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
 * @throws MajError `migration-name`; `migration-exists`; what `readMigrations` throws
 */
export async function createMigration(folder: string, name: string, now: Date): Promise<string> {
  const words = fileNameOf(name);
  if (words === '') throw wrongUsage('migration-name', { name });
  const present: readonly Migration[] = (await exists(folder)) ? await readMigrations(folder) : [];
  const version = nextVersion(
    present.map((migration) => migration.version),
    now,
  );
  const path = join(folder, `${version}_${words}.sql`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, header(version, name), { flag: 'wx' });
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw refused('migration-exists', { path });
    throw fileFailed(path, 'written', error);
  }
  return path;
}

const header = (version: string, name: string): string => `-- ${version}: ${name.replace(/\s+/g, ' ').trim()}

`;
