import { join } from 'node:path';
import { readArchive, type VisitEntry } from '../../archive/archives.ts';
import { readStored, type Codec } from '../../dump/codec.ts';
import { readIfThere } from '../../system/files.ts';
import type { ManifestFiles } from '../manifest.ts';

type Names = Pick<ManifestFiles, 'archive' | 'list' | 'late'>;

/** The archives of a backup's files, in the order in which they are unpacked. */
export const archivesOf = ({ archive, late }: Names): readonly ManifestFiles['archive'][] =>
  late === undefined ? [archive] : [archive, late.archive];

/** Plain bytes of all of them. */
export const archivedBytes = (files: Names): number =>
  archivesOf(files).reduce((sum, { bytes }) => sum + bytes, 0);

/** What is stored beside them, as it is. */
export const plainFilesOf = ({ list, late }: Names): readonly ManifestFiles['list'][] =>
  late === undefined ? [list] : [list, late.cleared];

/** The paths that are cleared before a second archive is unpacked, as they are stored. */
export const clearedText = (paths: readonly string[]): string => paths.map((path) => `${path}\0`).join('');

/**
 * Visits the entries of a backup's files in order, but for those of the first archive that are cleared. Of two entries with one
 * path, and of the two of a folder that is in both, the later counts.
 *
 * @param folder of the backup
 * @throws DamagedArchive; `stored-unreadable`; whatever `visit` throws
 */
export async function readFiles(
  folder: string,
  files: Names,
  codec: Codec,
  visit: VisitEntry,
): Promise<void> {
  const { archive, late } = files;
  const stored = (name: string): AsyncIterable<Buffer> => readStored(join(folder, name), codec);
  if (late === undefined) return readArchive(stored(archive.name), visit);
  const cleared = new Set(((await readIfThere(join(folder, late.cleared.name))) ?? '').split('\0'));
  await readArchive(stored(archive.name), async (entry, content) => {
    if (!cleared.has(entry.path)) await visit(entry, content);
  });
  await readArchive(stored(late.archive.name), visit);
}
