import { join } from 'node:path';
import { inStep, type Context, type TellProgress } from '../../core/context.ts';
import { sha256OfText } from '../../core/text-hash.ts';
import { writeDurably } from '../../system/files.ts';
import { clearedName, filesArchiveName, filesListName, lateArchiveName } from '../layout.ts';
import type { ManifestFiles } from '../manifest.ts';
import { bytesOf, checkSpace, estimateBytes, noDatabase } from '../space.ts';
import { changesSince, lookAgain, type Changes, type FoundAgain } from './changes-since.ts';
import type { FilesAhead } from './files-ahead.ts';
import { createList, type ArchivedFiles } from './files-list.ts';
import { plainSum, storeArchive, type Into } from './hard-links.ts';
import { clearedText } from './read-archives.ts';
import { archiveFiles, archiveEntries, type ArchivedTree, type Written } from './write-archive.ts';

/**
 * Archives the application's files into a backup, with the list of what was read; shares both with an earlier backup that
 * holds the same.
 */
export function takeFiles(context: Context, tree: ArchivedTree, into: Into): Promise<ManifestFiles> {
  return inStep(context, 'archive-files', { folder: tree.root }, async (progress) => {
    const listPath = join(into.folder, filesListName);
    const { archive, result } = await storeArchive(into, filesArchiveName, (writer) =>
      archiveFiles(context, tree, writer, listPath, progress),
    );
    return { archive, ...(await listedFiles(into, result)) };
  });
}

/**
 * Takes files that were archived already over into a backup, and archives what has changed since. Nothing else is read.
 *
 * @throws MajError `disk-full`
 */
export function takeLateFiles(
  context: Context,
  tree: ArchivedTree,
  ahead: FilesAhead,
  into: Into,
): Promise<ManifestFiles> {
  return inStep(context, 'archive-late', { folder: tree.root }, async (progress) => {
    const changes = await changesSince(ahead.looked(), lookAgain(tree));
    await checkSpace(into.folder, estimateBytes(noDatabase, await bytesOf(walkedOf(changes))));
    await ahead.moveTo(into.folder);
    const list = await createList(join(into.folder, filesListName));
    try {
      const stale = new Set([...changes.cleared, ...changes.late.map(({ path }) => path)]);
      for await (const looked of ahead.looked()) if (!stale.has(looked.path)) await list.add(looked);
      const late =
        stale.size === 0
          ? {}
          : { late: await storeLate(context, tree, changes, into, (one) => list.add(one), progress) };
      const files = await listedFiles(into, await list.finish());
      await ahead.discard();
      return { archive: ahead.archive, ...late, ...files };
    } finally {
      await list.close();
    }
  });
}

async function storeLate(
  context: Context,
  tree: ArchivedTree,
  changes: Changes<FoundAgain>,
  into: Into,
  keep: (written: Written) => Promise<void>,
  progress: TellProgress,
): Promise<NonNullable<ManifestFiles['late']>> {
  const { archive } = await storeArchive(into, lateArchiveName, (writer) =>
    archiveEntries(context, tree, walkedOf(changes), writer, keep, progress),
  );
  const text = clearedText(changes.cleared);
  await writeDurably(join(into.folder, clearedName), text);
  const sum = { bytes: Buffer.byteLength(text), sha256: sha256OfText(text) };
  return { archive, cleared: { name: clearedName, ...sum } };
}

const walkedOf = ({ late }: Changes<FoundAgain>): FoundAgain['walked'][] => late.map(({ walked }) => walked);

/** What a manifest says of the files beside their archives. */
async function listedFiles(
  { folder, share }: Into,
  { list, count, bytes, holes }: ArchivedFiles,
): Promise<Pick<ManifestFiles, 'list' | 'count' | 'bytes' | 'holes'>> {
  await share(join(folder, filesListName), plainSum(list));
  return { list: { name: filesListName, ...list }, count, bytes, ...(holes === 0 ? {} : { holes }) };
}
