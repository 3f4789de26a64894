import { link, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { warn, type Context } from '../../core/context.ts';
import type { DatabaseIdentity } from '../../database/same-database.ts';
import type { Codec } from '../../dump/codec.ts';
import { storeCompressed, sumsAside, type PartWriter, type StoredSum } from '../../dump/store.ts';
import { fileFailed, sha256OfFile } from '../../system/files.ts';
import { partPath } from '../layout.ts';
import { backupsOf, listBackups, type Backup } from '../list.ts';
import type { ManifestFiles } from '../manifest.ts';
import { archivesOf, plainFilesOf } from './read-archives.ts';

/**
 * Replaces a file that has just been written by a hard link to a file of an earlier backup which holds the same, where
 * there is one.
 *
 * @returns the sums of what is under the path now: another version of a compressor may have stored the same content in
 *   other bytes
 */
export type ShareUnchanged = (path: string, sum: StoredSum) => Promise<StoredSum>;

/** A file of an earlier backup. */
interface Earlier {
  readonly backup: string;
  readonly path: string;
  readonly sum: StoredSum;
}

/**
 * Shares with the newest complete backup of this database in the same compression, and files with the newest one that holds
 * files.
 */
export async function shareWithPrevious(
  context: Pick<Context, 'config' | 'projectDir' | 'report' | 'env'>,
  codec: Codec,
  database: DatabaseIdentity,
): Promise<ShareUnchanged> {
  const backups = backupsOf(database, await listBackups(context)).filter(
    ({ manifest }) => manifest.codec === codec.name,
  );
  const [newest] = backups;
  const withFiles = backups.find(({ manifest }) => manifest.files !== null);
  const earlier = new Map(
    [
      ...(withFiles === undefined ? [] : filesOf(withFiles)),
      ...(newest === undefined ? [] : partsOf(newest)),
    ].map((file) => [keyOf(file.sum), file]),
  );
  return async (path, sum) => {
    const same = earlier.get(keyOf(sum));
    return same !== undefined && (await replaceByLink(context, path, same)) ? same.sum : sum;
  };
}

/** A writer whose file is shared once it is whole: as each part ends, so that no second copy of all of them piles up. */
export function sharing(
  writer: PartWriter<StoredSum>,
  path: string,
  share: ShareUnchanged,
): PartWriter<StoredSum> {
  return {
    write: (data) => writer.write(data),
    finish: async () => share(path, await writer.finish()),
    abort: () => writer.abort(),
  };
}

const partsOf = ({ id, folder, manifest }: Backup): Earlier[] =>
  manifest.parts.map((part) => ({ backup: id, path: partPath(folder, part.name), sum: sumOf(part) }));

function filesOf({ id, folder, manifest }: Backup): Earlier[] {
  if (manifest.files === null) return [];
  const stored = [
    ...archivesOf(manifest.files).map((archive) => ({ name: archive.name, sum: sumOf(archive) })),
    ...plainFilesOf(manifest.files).map((file) => ({ name: file.name, sum: plainSum(file) })),
  ];
  return stored.map(({ name, sum }) => ({ backup: id, path: join(folder, name), sum }));
}

/** The sums alone: under which name a backup has the file is that backup's own. */
const sumOf = ({ bytes, sha256, storedBytes, storedSha256 }: StoredSum): StoredSum => ({
  bytes,
  sha256,
  storedBytes,
  storedSha256,
});

/** The sums of a file that is stored as it is. */
export const plainSum = ({ bytes, sha256 }: { bytes: number; sha256: string }): StoredSum => ({
  bytes,
  sha256,
  storedBytes: bytes,
  storedSha256: sha256,
});

/** The plain content, and whether it is stored as it is: such a file cannot stand for a compressed one. */
const keyOf = ({ sha256, storedSha256 }: StoredSum): string =>
  `${sha256} ${sha256 === storedSha256 ? 'plain' : 'compressed'}`;

/**
 * Links first and looks then: what was looked at is what stays. A file that is not what its manifest says is damaged, and
 * damage must not spread into a new backup.
 */
async function replaceByLink(
  context: Pick<Context, 'report'>,
  path: string,
  same: Earlier,
): Promise<boolean> {
  const linked = `${path}.same`;
  try {
    await link(same.path, linked);
  } catch {
    // Another file system, one without links, too many of them (EXDEV, EPERM, EMLINK, ENOSYS), or the file is gone: the
    // new file is whole, and sharing only saves space.
    return false;
  }
  try {
    if (!(await hasSameAccess(linked, path))) return false;
    if (!(await isSound(linked, same.sum))) {
      warn(context, 'earlier-damaged', { path: same.path, id: same.backup });
      return false;
    }
    await rename(linked, path);
    return true;
  } catch (error) {
    throw fileFailed(path, 'linked', error);
  } finally {
    await rm(linked, { force: true });
  }
}

/** A link shares owner and mode, too: only a file that nobody else could have changed or read is taken. */
async function hasSameAccess(linked: string, fresh: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(linked), lstat(fresh)]);
  return a.isFile() && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

async function isSound(path: string, { storedBytes, storedSha256 }: StoredSum): Promise<boolean> {
  if ((await lstat(path)).size !== storedBytes) return false;
  // Undefined where the disk cannot read it any more.
  return (await sha256OfFile(path).catch(() => undefined)) === storedSha256;
}

/** Where files are archived to, and how. */
export interface Into {
  /** Of the backup that is being written. */
  readonly folder: string;
  readonly codec: Codec;
  readonly share: ShareUnchanged;
}

/**
 * Stores an archive in a backup, compressed; shares it with an earlier backup that holds the same.
 *
 * @param name without the extension of the compression
 */
export async function storeArchive<T>(
  { folder, codec, share }: Into,
  name: string,
  write: (writer: PartWriter<StoredSum>) => Promise<T>,
): Promise<{ readonly archive: ManifestFiles['archive']; readonly result: T }> {
  const path = join(folder, name + codec.extension);
  const writer = sharing(storeCompressed(path, codec, sumsAside), path, share);
  try {
    const result = await write(writer);
    return { archive: { name: name + codec.extension, ...(await writer.finish()) }, result };
  } catch (error) {
    writer.abort();
    throw error;
  }
}
