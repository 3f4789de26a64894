import { join } from 'node:path';
import { inStep, type Context } from '../context.ts';
import type { Codec } from './codec.ts';
import { archiveFiles } from './archive-files.ts';
import { filesArchiveName, filesListName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { storeCompressed } from './store.ts';

/** Archives the application's files into a backup, with the list of what was read. */
export async function takeFiles(
  context: Context,
  appDir: string,
  leaveOut: ReadonlySet<string>,
  folder: string,
  codec: Codec,
): Promise<NonNullable<Manifest['files']>> {
  const name = filesArchiveName + codec.extension;
  return inStep(context, 'archive-files', { folder: appDir }, async (progress) => {
    const writer = storeCompressed(join(folder, name), codec);
    try {
      const taken = await archiveFiles(
        context,
        appDir,
        leaveOut,
        writer,
        join(folder, filesListName),
        progress,
      );
      const archive = { name, ...(await writer.finish()) };
      return {
        archive,
        list: { name: filesListName, ...taken.list },
        count: taken.count,
        bytes: taken.bytes,
      };
    } catch (error) {
      writer.abort();
      throw error;
    }
  });
}
