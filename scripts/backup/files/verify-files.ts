import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TellProgress } from '../../core/context.ts';
import type { Codec } from '../../dump/codec.ts';
import type { Backup } from '../list.ts';
import { verifyPlainFile, verifyStored, type Problem } from '../verify-parts.ts';
import { createListComparison, readFilesList } from './files-list.ts';
import { archivesOf, plainFilesOf, readFiles } from './read-archives.ts';

/** Verifies the archives of the files: as files, and each of their entries against the list. */
export async function verifyFilesArchive(
  backup: Backup,
  codec: Codec,
  progress: TellProgress,
): Promise<Problem[]> {
  const { files } = backup.manifest;
  if (files === null) return [];
  const { archive, list } = files;
  const problems: Problem[] = [];
  for (const plain of plainFilesOf(files)) problems.push(...(await verifyPlainFile(backup.folder, plain)));
  for (const stored of archivesOf(files)) {
    const path = join(backup.folder, stored.name);
    const seen = await verifyStored(path, stored.name, stored, codec, (data) => progress(data.length));
    problems.push(...seen);
  }
  if (problems.length > 0) return problems;
  const listed = await readFilesList(backup.folder, files);
  if (listed?.size !== files.count) return [{ file: list.name, what: 'content' }];
  const comparison = createListComparison(listed);
  await readFiles(backup.folder, files, codec, async (entry, content) => {
    const hash = createHash('sha256');
    for await (const data of content) hash.update(data);
    comparison.see(entry, entry.type === 'file' ? hash.digest('hex') : null);
  });
  return comparison.found().map((about) => ({ file: archive.name, what: 'entry', about }));
}
