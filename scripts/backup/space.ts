import { bytesOnDisk } from '../archive/sparse.ts';
import { refused } from '../core/errors.ts';
import { bytes as bytesText } from '../core/format.ts';
import type { Session } from '../database/session/session.ts';
import { freeBytes, systemErrorCode } from '../system/files.ts';
import { walk, type Walked } from './files/walk.ts';

/** Room for what is not rows: manifest, lists, and the file system's own blocks. */
const reserve = 1024 * 1024;

/** Bytes of a database in the server, by what they turn into. */
export interface DatabaseBytes {
  /** Rows of tables with columns that hardly compress. */
  readonly dense: number;
  /** Rows of all other tables. */
  readonly plain: number;
  readonly indexes: number;
}

/** What a tree of files takes. */
export interface TreeBytes {
  readonly files: number;
  /** Of the regular files. */
  readonly bytes: number;
}

/** Where there is none of the one or the other. */
export const noDatabase: DatabaseBytes = { dense: 0, plain: 0, indexes: 0 };
export const noFiles: TreeBytes = { files: 0, bytes: 0 };

/**
 * Bytes that a backup needs at most, judged from what it is of. Random bytes, dumped in hexadecimal, come to 1.00 of what
 * they were with zstd and to 1.17 with gzip, random DOUBLEs to 0.92, random Base64 to 0.83 (measured, as a share of what
 * the server stores); ordinary rows to a third. Files may not compress at all, and each has its head in the archive and
 * its line in the list.
 */
export const estimateBytes = (database: DatabaseBytes, tree: TreeBytes): number =>
  Math.ceil(database.dense * 1.2 + database.plain * 0.85) + tree.bytes + tree.files * 512 + reserve;

/** What the rows and indexes of a database take in the server. */
export async function databaseBytes(session: Session, database: string): Promise<DatabaseBytes> {
  const tables = await session.rows(
    `SELECT TABLE_NAME AS name, COALESCE(DATA_LENGTH, 0) AS data, COALESCE(INDEX_LENGTH, 0) AS indexes
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?`,
    [database],
  );
  // Texts and whole numbers take more room in the server than in a dump; what is binary does not.
  const binary = await session.rows(
    `SELECT DISTINCT TABLE_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND CHARACTER_SET_NAME IS NULL
       AND DATA_TYPE NOT LIKE '%int' AND DATA_TYPE NOT LIKE '%date%' AND DATA_TYPE NOT LIKE '%time%'
       AND DATA_TYPE NOT IN ('year', 'decimal', 'bit', 'json')`,
    [database],
  );
  const dense = new Set(binary.map(({ name }) => String(name)));
  const sum = (rows: typeof tables, column: 'data' | 'indexes'): number =>
    rows.reduce((total, row) => total + Number(row[column]), 0);
  const isDense = ({ name }: (typeof tables)[number]): boolean => dense.has(String(name));
  return {
    dense: sum(tables.filter(isDense), 'data'),
    plain: sum(
      tables.filter((table) => !isDense(table)),
      'data',
    ),
    indexes: sum(tables, 'indexes'),
  };
}

/** What the entries of a tree take. */
export const treeBytes = (root: string, leaveOut: ReadonlySet<string>): Promise<TreeBytes> =>
  bytesOf(walk(root, leaveOut));

/** What some entries of a tree take. */
export async function bytesOf(things: AsyncIterable<Walked> | Iterable<Walked>): Promise<TreeBytes> {
  let files = 0;
  let bytes = 0;
  for await (const { stats } of things) {
    files += 1;
    if (stats.isFile()) bytes += bytesOnDisk({ blocks: Number(stats.blocks), size: Number(stats.size) });
  }
  return { files, bytes };
}

/**
 * Checks that there is room before something is written.
 *
 * @throws MajError `disk-full`
 */
export async function checkSpace(folder: string, needed: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free < needed)
    throw refused('disk-full', { path: folder, needed: bytesText(needed), free: bytesText(free) });
}

/** Makes one clear error of a disk that filled up while something was written; anything else stays what it is. */
export function spaceError(error: unknown, folder: string): unknown {
  const full = [error, (error as { cause?: unknown } | undefined)?.cause]
    .map(systemErrorCode)
    .some((code) => code === 'ENOSPC' || code === 'EDQUOT');
  return full ? refused('disk-filled', { path: folder }, { cause: error }) : error;
}
