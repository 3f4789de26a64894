import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Progress } from '../context.ts';
import { readArchive, type ArchiveEntry } from '../system/archives.ts';
import { readIfThere } from '../system/files.ts';
import { readStored, type Codec } from './codec.ts';
import { entryDifference, listedEntry, parseFilesList, type ListedFile } from './files-list.ts';
import type { Backup } from './list.ts';
import type { Problem } from './problem.ts';
import { verifyPlainFile, verifyStored } from './verify-parts.ts';

/** Verifies the files archive: as a file, and each of its entries against the list. */
export async function verifyFilesArchive(
  backup: Backup,
  codec: Codec,
  progress: Progress,
): Promise<Problem[]> {
  const { files } = backup.manifest;
  if (files === null) return [];
  const { archive, list } = files;
  const path = join(backup.folder, archive.name);
  const problems = [
    ...(await verifyPlainFile(backup.folder, list)),
    ...(await verifyStored(path, archive.name, archive, codec, (data) => progress(data.length))),
  ];
  if (problems.length > 0) return problems;
  const listed = parseFilesList((await readIfThere(join(backup.folder, list.name))) ?? '');
  if (listed?.size !== files.count) return [{ file: list.name, what: 'content' }];
  return compareWithList(path, archive.name, codec, listed);
}

async function compareWithList(
  path: string,
  file: string,
  codec: Codec,
  listed: ReadonlyMap<string, ListedFile>,
): Promise<Problem[]> {
  const differences = new Map<string, string>();
  const seen = new Set<string>();
  await readArchive(readStored(path, codec), async (entry, content) => {
    const difference = entryDifference(listed.get(entry.path), await hashed(entry, content));
    seen.add(entry.path);
    // Of two entries with one path the later counts, as it does when the archive is unpacked.
    if (difference === undefined) differences.delete(entry.path);
    else differences.set(entry.path, difference);
  });
  for (const missing of listed.keys()) if (!seen.has(missing)) differences.set(missing, 'is missing');
  return [...differences].map(([name, difference]) => ({
    file,
    what: 'entry',
    about: `${name} ${difference}`,
  }));
}

async function hashed(entry: ArchiveEntry, content: AsyncIterable<Buffer>): Promise<ListedFile> {
  const hash = createHash('sha256');
  for await (const data of content) hash.update(data);
  return listedEntry(entry, entry.type === 'file' ? hash.digest('hex') : null);
}
