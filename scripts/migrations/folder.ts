import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Config } from '../config/settings.ts';
import { refused } from '../core/errors.ts';
import { normalChunks } from '../sql/normalize-text.ts';
import { fileFailed } from '../system/files.ts';
import { sqlAfter } from './after-each.ts';
import type { Migration } from './migration.ts';
import { foreignMigrations } from './other-tools.ts';
import { withValues } from './placeholders.ts';
import { isScript, namedScripts } from './script-names.ts';

/** The settings that say how scripts are read. */
export type ScriptSettings = Partial<
  Pick<Config, 'MIGRATIONS_PATTERN' | 'MIGRATIONS_PLACEHOLDERS' | 'MIGRATIONS_AFTER_EACH'>
>;

/**
 * Reads the scripts of a folder, in the order of their versions. Files that do not end in `.sql`, and hidden ones, are
 * left alone; folders in it too.
 *
 * @throws MajError `migration-names` (wrong ones, all at once), `migration-versions` (taken twice), `migration-encoding` (not
 *   UTF-8, or zero bytes); `file-failed` when the folder cannot be read
 */
export async function readMigrations(folder: string, settings: ScriptSettings): Promise<Migration[]> {
  const { MIGRATIONS_PATTERN, MIGRATIONS_PLACEHOLDERS: wanted } = settings;
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    const migrations: Migration[] = [];
    const files = new ScriptFiles();
    for (const named of namedScripts(names, MIGRATIONS_PATTERN)) {
      const path = join(folder, named.file);
      const stream = await files.read(path, named.file);
      const open = wanted === undefined ? stream : () => withValues(stream(), wanted);
      const after = sqlAfter(named.version, settings);
      migrations.push({ ...named, path, open, after, checksum: await checksumOf(stream()) });
    }
    return migrations;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailed(folder, 'read', error);
    throw error;
  }
}

/**
 * Refuses a folder whose migrations another program runs: a rehearsal that passes over them would say that nothing is pending.
 *
 * @throws MajError `migrations-foreign`, `file-failed`
 */
export async function refuseForeignMigrations(folder: string): Promise<void> {
  try {
    const here = await readdir(folder);
    const paths = here.some(isScript) ? here : await readdir(folder, { recursive: true });
    const files = foreignMigrations(paths.map((path) => path.replaceAll(sep, '/')));
    if (files.length > 0) throw refused('migrations-foreign', { folder, files });
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailed(folder, 'read', error);
    throw error;
  }
}

async function checksumOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
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

/** How a script is read, as often as it has to be: UTF-8 with LF line ends, without BOM. */
type OpenScript = () => AsyncIterable<Buffer>;

/** What small scripts may take in memory: each by itself, and all of a folder together. */
const smallBytes = 64 * 1024;
const mostKeptBytes = 16 * 1024 * 1024;
/** A seed: its statements are as large as the server takes them. */
const seedBytes = 16 * 1024 * 1024;

/**
 * Opens the scripts of a folder. A script is read three times (its sum, its check, its run): small ones are kept from the
 * first, since a thousand files cost more to open again than to run. Larger ones stream each time.
 */
class ScriptFiles {
  #keptBytes = 0;

  /**
   * @param file its name, for errors
   * @throws Error of the file system; MajError `migration-encoding`
   */
  async read(path: string, file: string): Promise<OpenScript> {
    const { size } = statSync(path);
    if (size > seedBytes) keepHeapSmall();
    if (size > smallBytes || this.#keptBytes + size > mostKeptBytes)
      return () => normalChunks(readChunks(path), file);
    this.#keptBytes += size;
    const chunks: Buffer[] = [];
    for await (const chunk of normalChunks(only(readFileSync(path)), file)) chunks.push(chunk);
    return () => only(...chunks);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- what reads scripts awaits their chunks
async function* only(...chunks: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* chunks;
}

const chunkBytes = 256 * 1024;

/** The bytes of a file, each chunk in the memory of the one before: a seed of gigabytes would leave as much to collect. */
async function* readChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path);
  try {
    const memory = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * Keeps V8 from letting garbage pile up, for work that makes pieces of a megabyte one after the other: it then collects
 * whenever 20 % have been added, and its young generation stays at its first megabyte. Measured on a seed of 150 MB: a peak
 * of 108 MB instead of 160, at the same speed. Both flags are read each time that V8 decides on a collection
 * (`NewSpace::Grow`, `MemoryController::GrowingFactor`); a version that does not know one of them says so and goes on.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
