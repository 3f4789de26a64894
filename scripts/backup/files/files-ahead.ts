import { join } from 'node:path';
import { backupsDir } from '../../config/required-settings.ts';
import { inStep, type Context, type TellProgress } from '../../core/context.ts';
import { liveDatabase } from '../../database/identity.ts';
import { chooseCodec, type Codec } from '../../dump/codec.ts';
import { installedVersion } from '../../release/version.ts';
import { renameDurably } from '../../system/files.ts';
import { flush } from '../../system/flush.ts';
import { filesArchiveName, lookedName } from '../layout.ts';
import type { ManifestFiles } from '../manifest.ts';
import { checkWritable, openPartial, orDiscard, type PartialBackup } from '../partial.ts';
import { checkSpace, estimateBytes, noDatabase, treeBytes } from '../space.ts';
import { appTree } from './app-tree.ts';
import { changesSince, lookAgain } from './changes-since.ts';
import { firstStamp, lookedLine, readLooked, type Looked } from './file-stamps.ts';
import { createList } from './files-list.ts';
import { shareWithPrevious, storeArchive, type ShareUnchanged } from './hard-links.ts';
import { walk } from './walk.ts';
import { archiveEntries, type ArchivedTree } from './write-archive.ts';

/** The application's files, archived before the backup that they are for is begun. */
export interface FilesAhead {
  /** Where it is, until it is moved. */
  readonly folder: string;
  readonly codec: Codec;
  /** What earlier backups hold. */
  readonly share: ShareUnchanged;
  readonly archive: ManifestFiles['archive'];
  /** How long it takes to see what has changed since, in milliseconds: by doing it once. */
  timeLook(): Promise<number>;
  /** What was archived, in the order of the walk. */
  looked(): AsyncIterable<Looked>;
  /** Moves the archive into the folder of a backup. */
  moveTo(folder: string): Promise<void>;
  /** Removes what is left of it: done when it is the backup's, and to be done where that was not taken. */
  discard(): Promise<void>;
}

/**
 * Archives the application's files into a folder of their own beside the backups, for the next backup that this process takes.
 * What a process leaves there that is killed, the next backup removes.
 *
 * @throws MajError `app-dir-is-ours`, `disk-full`, `disk-filled`, `interrupted`
 */
export async function archiveAhead(context: Context): Promise<FilesAhead> {
  await checkWritable(context);
  const { root, left } = await appTree(context);
  const tree = { root, leaveOut: left.paths };
  const backups = backupsDir(context);
  await checkSpace(backups, estimateBytes(noDatabase, await treeBytes(root, left.paths)));
  const partial = await openPartial(context, backups, await installedVersion(context));
  return orDiscard(context, partial, () =>
    inStep(context, 'archive-ahead', { folder: root }, (progress) =>
      archiveInto(context, tree, partial, progress),
    ),
  );
}

async function archiveInto(
  context: Context,
  tree: ArchivedTree,
  partial: PartialBackup,
  progress: TellProgress,
): Promise<FilesAhead> {
  const { folder } = partial;
  const codec = await chooseCodec(context);
  const database = await liveDatabase(context);
  if (database === undefined) throw new Error('an application is upgraded only with its database');
  const share = await shareWithPrevious(context, codec, database);
  const path = join(folder, lookedName);
  const sinceMs = context.clock.now().getTime();
  // A file that is written through memory gets new times only where the page was clean: what is written after this does.
  await flush(context, tree.root);
  const record = await createList(path, lookedLine);
  try {
    const { archive } = await storeArchive({ folder, codec, share }, filesArchiveName, (writer) =>
      archiveEntries(
        context,
        tree,
        walk(tree.root, tree.leaveOut),
        writer,
        (written, { stats }) => record.add({ ...written, stamp: firstStamp(stats, sinceMs) }),
        progress,
      ),
    );
    await record.finish();
    const looked = (): AsyncIterable<Looked> => readLooked(path);
    return {
      folder,
      codec,
      share,
      archive,
      timeLook: async () => {
        const began = context.clock.monotonicMs();
        await changesSince(looked(), lookAgain(tree));
        return context.clock.monotonicMs() - began;
      },
      looked,
      moveTo: (to) => renameDurably(join(folder, archive.name), join(to, archive.name)),
      discard: () => partial.discard(),
    };
  } finally {
    await record.close();
  }
}
