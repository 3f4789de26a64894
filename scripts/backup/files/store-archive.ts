import { join } from 'node:path';
import type { Codec } from '../../dump/codec.ts';
import { storeCompressed, sumsAside, type PartWriter, type StoredSum } from '../../dump/store.ts';
import type { ManifestFiles } from '../manifest.ts';
import { sharing, type ShareUnchanged } from './hard-links.ts';

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
