import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ArchiveEntry } from '../../archive/archives.ts';
import type { TellProgress } from '../../core/context.ts';
import type { Codec } from '../../dump/codec.ts';
import type { Backup } from '../list.ts';
import type { ManifestFiles } from '../manifest.ts';
import { verifyPlainFile, verifyStored, type Problem } from '../verify-parts.ts';
import { archivesOf, plainFilesOf, readFiles } from './file-archives.ts';
import { entryDifference, listedEntry, readFilesList, type ListedFile } from './files-list.ts';

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
  const differences = await compareWithList(backup.folder, files, codec, listed);
  return differences.map((about) => ({ file: archive.name, what: 'entry', about }));
}

async function compareWithList(
  folder: string,
  files: ManifestFiles,
  codec: Codec,
  listed: ReadonlyMap<string, ListedFile>,
): Promise<string[]> {
  const differences = new Map<string, string>();
  const seen = new Set<string>();
  await readFiles(folder, files, codec, async (entry, content) => {
    const difference = entryDifference(listed.get(entry.path), await hashed(entry, content));
    seen.add(entry.path);
    // Of two entries with one path the later counts, as it does when the archive is unpacked.
    if (difference === undefined) differences.delete(entry.path);
    else differences.set(entry.path, difference);
  });
  for (const missing of listed.keys()) if (!seen.has(missing)) differences.set(missing, 'is missing');
  return [...differences].map(([name, difference]) => `${name} ${difference}`);
}

async function hashed(entry: ArchiveEntry, content: AsyncIterable<Buffer>): Promise<ListedFile> {
  const hash = createHash('sha256');
  for await (const data of content) hash.update(data);
  return listedEntry(entry, entry.type === 'file' ? hash.digest('hex') : null);
}
