import { join } from 'node:path';
import { namesIn } from '../system/files.ts';
import { archivesOf, plainFilesOf } from './file-archives.ts';
import { ownerName, partsFolder } from './layout.ts';
import type { Backup } from './list.ts';
import { manifestName, type Manifest } from './manifest.ts';
import { proofName } from './proof.ts';
import type { Problem } from './problem.ts';

/** What may be in the folder of a backup, by its manifest. */
function expectedFiles(manifest: Manifest): ReadonlySet<string> {
  const { files, restoreScript } = manifest;
  const stored = files === null ? [] : [...archivesOf(files), ...plainFilesOf(files)];
  const names = stored.map(({ name }) => name);
  return new Set([manifestName, proofName, ownerName, partsFolder, restoreScript.name, ...names]);
}

/** What is in the folder of a backup and is not in its manifest: a part too many would be loaded by restore.sh. */
export async function unexpectedFiles({ folder, manifest }: Backup): Promise<Problem[]> {
  const parts = new Set(manifest.parts.map(({ name }) => name));
  const allowed = expectedFiles(manifest);
  const extra = [
    ...(await namesIn(folder)).filter((name) => !allowed.has(name)),
    ...(await namesIn(join(folder, partsFolder)))
      .filter((name) => !parts.has(name))
      .map((name) => `${partsFolder}/${name}`),
  ];
  return extra.map((file) => ({ file, what: 'extra' }));
}
