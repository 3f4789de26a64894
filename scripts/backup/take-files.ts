import { join } from 'node:path';
import { inStep, type Context } from '../context.ts';
import type { Codec } from './codec.ts';
import { archiveFiles } from './archive-files.ts';
import { filesArchiveName, filesListName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { storeCompressed } from './store.ts';
import { plainSum, sharing, type ShareUnchanged } from './unchanged.ts';

/**
 * Archives the application's files into a backup, with the list of what was read; shares both with an earlier backup that
 * holds the same.
 */
export async function takeFiles(
  context: Context,
  appDir: string,
  leaveOut: ReadonlySet<string>,
  folder: string,
  codec: Codec,
  share: ShareUnchanged,
): Promise<NonNullable<Manifest['files']>> {
  const name = filesArchiveName + codec.extension;
  return inStep(context, 'archive-files', { folder: appDir }, async (progress) => {
    const path = join(folder, name);
    const listPath = join(folder, filesListName);
    const writer = sharing(storeCompressed(path, codec), path, share);
    try {
      const taken = await archiveFiles(context, appDir, leaveOut, writer, listPath, progress);
      const archive = { name, ...(await writer.finish()) };
      await share(listPath, plainSum(taken.list));
      return {
        archive,
        list: { name: filesListName, ...taken.list },
        count: taken.count,
        bytes: taken.bytes,
        ...(taken.holes === 0 ? {} : { holes: taken.holes }),
      };
    } catch (error) {
      writer.abort();
      throw error;
    }
  });
}
