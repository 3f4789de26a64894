import type { Context } from '../context.ts';
import { reasonOf, refused } from '../errors.ts';
import { capture } from './processes.ts';

/**
 * Flushes everything written to the file system of a path. One call for a whole tree: thousands of fsync calls, one a
 * file, take far longer, and Node has no syncfs.
 */
export async function flush(context: Pick<Context, 'env'>, path: string): Promise<void> {
  // GNU and BusyBox know -f; where it is not known, plain sync flushes every file system.
  for (const args of [['-f', path], []]) {
    const synced = await capture(context, 'sync', args);
    if (synced.code === 0) return;
    if (args.length === 0)
      throw refused('file-failed', { path, action: 'flushed', reason: reasonOf(synced.stderr.trim()) });
  }
}
