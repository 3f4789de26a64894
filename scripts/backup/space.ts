import { refused } from '../errors.ts';
import type { Session } from '../database/session.ts';
import { freeBytes, systemErrorCode } from '../system/files.ts';
import { bytes as bytesText } from '../terminal/format.ts';
import { walk } from './walk.ts';

/** Room for what is not rows: manifest, lists, and the file system's own blocks. */
const reserve = 1024 * 1024;

/**
 * Bytes that a backup will need at most, judged from what it is of. Rows in a dump, compressed, take less than half
 * of what they take in the server; files may not compress at all.
 */
export const estimateBytes = (tableBytes: number, fileBytes: number): number =>
  Math.ceil(tableBytes / 2) + fileBytes + reserve;

/** Bytes that the rows of a database take in the server. */
export async function tableBytes(session: Session, database: string): Promise<number> {
  // MySQL's view otherwise tells what it was a day ago.
  if (session.server.flavour === 'mysql')
    await session.run('SET SESSION information_schema_stats_expiry = 0');
  const [row] = await session.rows(
    'SELECT COALESCE(SUM(data_length), 0) AS bytes FROM information_schema.tables WHERE table_schema = ?',
    [database],
  );
  return Number(row?.['bytes'] ?? 0);
}

/** Bytes of the regular files of a tree. */
export async function treeBytes(root: string, leaveOut: ReadonlySet<string>): Promise<number> {
  let sum = 0;
  for await (const { stats } of walk(root, leaveOut)) if (stats.isFile()) sum += stats.size;
  return sum;
}

/**
 * Checks that there is room for a backup before it begins.
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
  const code = systemErrorCode(error) ?? systemErrorCode((error as { cause?: unknown } | undefined)?.cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return refused('disk-filled', { path: folder }, { cause: error });
}
