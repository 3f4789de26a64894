import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Config } from '../config/settings.ts';
import { refused } from '../errors.ts';
import { fileFailed } from '../system/files.ts';
import { sqlAfter } from './after-each.ts';
import { namedScripts, type ScriptName } from './names.ts';
import { withValues } from './placeholders.ts';
import { ScriptFiles } from './script-file.ts';
import { sha256OfText } from '../system/text-hash.ts';

/** One migration script. */
export interface Migration extends ScriptName {
  /** Where it was read; the file's name alone where it came from elsewhere. */
  readonly path: string;
  /**
   * sha256 of the text, so that line ends and a BOM make no difference; with its placeholders, so that it is that of the
   * application's package.
   */
  readonly checksum: string;
  /** The script as it streams, however large it is: UTF-8 with LF line ends, without BOM, its placeholders replaced. */
  readonly open: () => AsyncIterable<Buffer>;
  /** What is run behind it, see `statementsAfter`; undefined: nothing. */
  readonly after: string | undefined;
}

/** The settings that say how scripts are read. */
export type ScriptSettings = Partial<
  Pick<Config, 'MIGRATIONS_PATTERN' | 'MIGRATIONS_PLACEHOLDERS' | 'MIGRATIONS_AFTER_EACH'>
>;

/**
 * Reads the scripts of a folder, in the order of their versions. Files that do not end in `.sql`, and hidden ones, are
 * left alone; folders in it too.
 *
 * @throws MajError as `parseMigrations` does; `file-failed` when the folder cannot be read
 */
export async function readMigrations(folder: string, settings: ScriptSettings): Promise<Migration[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    const migrations: Migration[] = [];
    const files = new ScriptFiles();
    for (const named of namedScripts(names, settings.MIGRATIONS_PATTERN)) {
      const path = join(folder, named.file);
      const stream = await files.read(path, named.file);
      const open = filled(stream, settings);
      const after = sqlAfter(named.version, settings);
      migrations.push({ ...named, path, open, after, checksum: await checksumOf(stream()) });
    }
    return migrations;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailed(folder, 'read', error);
    throw error;
  }
}

function filled(
  stream: Migration['open'],
  { MIGRATIONS_PLACEHOLDERS: wanted }: ScriptSettings,
): Migration['open'] {
  return wanted === undefined ? stream : () => withValues(stream(), wanted);
}

async function checksumOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Makes migrations of files that were read already, from a git commit.
 *
 * @throws MajError `migration-names` (wrong ones, all at once), `migration-versions` (taken twice),
 *   `migration-encoding` (not UTF-8, or zero bytes)
 */
export function parseMigrations(
  files: readonly { readonly name: string; readonly content: Buffer }[],
  settings: ScriptSettings,
): Migration[] {
  const contents = new Map(files.map(({ name, content }) => [name, content]));
  return namedScripts([...contents.keys()], settings.MIGRATIONS_PATTERN).map((named) => {
    const text = normalText(named.file, contents.get(named.file) ?? Buffer.alloc(0));
    const stream = (): AsyncIterable<Buffer> => Readable.from([Buffer.from(text)]);
    const after = sqlAfter(named.version, settings);
    const open = filled(stream, settings);
    return { ...named, path: named.file, checksum: sha256OfText(text), open, after };
  });
}

/** All of a script, for what has to see it at once; undefined where it has more bytes than that. */
export async function readScript(
  migration: Pick<Migration, 'open'>,
  mostBytes: number,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of migration.open()) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    // What reads it may use the memory of a chunk again.
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
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
