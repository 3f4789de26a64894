import { tmpdir } from 'node:os';
import { checkSpace, databaseBytes, type DatabaseBytes } from '../backup/space.ts';
import type { Context } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';

/** Bytes of a throwaway server without any rows: its system tables, its redo log, its temporary tablespaces. */
const emptyServer = 400 * 1024 * 1024;

/**
 * Bytes that a throwaway server with a copy takes at most. A copy is packed more densely than tables that have been
 * written to for years; building an index writes it twice for a moment.
 */
export const copyBytes = ({ dense, plain, indexes }: DatabaseBytes): number =>
  dense + plain + 2 * indexes + emptyServer;

/**
 * Checks, before a throwaway server starts, that a copy of the live database has room in the temporary folder. Text does
 * not tell how large its tables will be (from half to five times of it, measured), so the live server is asked; where it
 * cannot be asked, nothing is checked: a backup must be verifiable when the server is lost.
 *
 * @throws MajError `disk-full`
 */
export async function checkCopySpace(context: Context): Promise<void> {
  const size = await liveBytes(context);
  if (size !== undefined) await checkSpace(tmpdir(), copyBytes(size));
}

async function liveBytes(context: Context): Promise<DatabaseBytes | undefined> {
  try {
    const target = targetFromConfig(context);
    return await withSession(context, target, (session) => databaseBytes(session, target.database));
  } catch (error) {
    if (error instanceof MajError) return undefined;
    throw error;
  }
}
