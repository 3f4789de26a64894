import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../errors.ts';
import { fileFailed } from '../system/files.ts';
import { sha256 } from './statement.ts';

/** One migration script. */
export interface Migration {
  /** As it stands in the file's name: `012`, `202611221015`. Compared as a number. */
  readonly version: string;
  /** The rest of the file's name: `add_invoices`. */
  readonly name: string;
  /** `012_add_invoices.sql`. */
  readonly file: string;
  /** Where it was read; the file's name alone where it came from elsewhere. */
  readonly path: string;
  /** sha256 of `text`, so that line ends and a BOM make no difference. */
  readonly checksum: string;
  /** The script, with LF line ends and without BOM. */
  readonly text: string;
}

const pattern = /^(\d{1,14})_([\p{L}\p{N}_-]+)\.sql$/u;

/** A version as a number: `007` and `7` are the same one. 14 digits are exact in a JavaScript number. */
export const versionNumber = (version: string): number => Number(version);

/** Sorts by version, as numbers. */
export const byVersion = (a: { readonly version: string }, b: { readonly version: string }): number =>
  versionNumber(a.version) - versionNumber(b.version);

/**
 * Reads the scripts of a folder, in the order of their versions. Files that do not end in `.sql`, and hidden ones, are
 * left alone; folders in it too.
 *
 * @throws MajError as `parseMigrations` does; `file-failed` when the folder cannot be read
 */
export async function readMigrations(folder: string): Promise<Migration[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    const files = await Promise.all(
      names.filter(isScript).map(async (name) => ({ name, content: await readFile(join(folder, name)) })),
    );
    return parseMigrations(files).map((migration) => ({ ...migration, path: join(folder, migration.file) }));
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailed(folder, 'read', error);
    throw error;
  }
}

/** Whether a file's name makes it one of the scripts. */
const isScript = (name: string): boolean => /\.sql$/i.test(name) && !name.startsWith('.');

/**
 * Makes migrations of files, from a folder or from a git commit.
 *
 * @throws MajError `migration-names` (wrong ones, all at once), `migration-versions` (taken twice),
 *   `migration-encoding` (not UTF-8, or zero bytes)
 */
export function parseMigrations(
  files: readonly { readonly name: string; readonly content: Buffer }[],
): Migration[] {
  const scripts = files.filter((file) => isScript(file.name));
  const wrong = scripts.filter((file) => !pattern.test(file.name)).map((file) => file.name);
  if (wrong.length > 0) throw refused('migration-names', { files: wrong.sort() });
  const migrations = scripts.map(({ name: file, content }): Migration => {
    const [, version = '', name = ''] = pattern.exec(file) ?? [];
    const text = normalText(file, content);
    return { version, name, file, path: file, checksum: sha256(text), text };
  });
  migrations.sort((a, b) => byVersion(a, b) || a.file.localeCompare(b.file));
  const twice = migrations.filter((migration, index) =>
    [migrations[index - 1], migrations[index + 1]].some(
      (other) => other !== undefined && byVersion(other, migration) === 0,
    ),
  );
  if (twice.length > 0) throw refused('migration-versions', { files: twice.map(({ file }) => file) });
  return migrations;
}

function normalText(file: string, content: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw refused('migration-encoding', { file }, { cause: error });
  }
  // UTF-16 without a BOM can pass for UTF-8; the vendors' clients refuse a zero byte as well.
  if (text.includes('\0')) throw refused('migration-encoding', { file });
  return text.replaceAll('\r\n', '\n');
}
