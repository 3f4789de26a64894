import { createHash } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { readStreamOf } from './beneath.ts';
import { privateFile } from './files.ts';

/** A copy that has no name: nobody else can open it, and it is gone once it is closed, or when we are killed. */
export interface PrivateCopy {
  readonly file: FileHandle;
  /** Of what was copied, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Copies a file that others may write to, so that what is hashed and what is read afterwards are the same bytes.
 *
 * @param folder an empty one of ours, on the file system that has room for the copy
 * @param told the bytes copied so far; throws to stop
 * @returns to be closed by the caller
 * @throws errors of the operating system; whatever `told` throws
 */
export async function copyPrivately(
  path: string,
  folder: string,
  told: (copied: number) => void,
): Promise<PrivateCopy> {
  const copy = join(folder, '.package');
  const file = await open(copy, 'wx+', privateFile);
  try {
    await unlink(copy);
    const hash = createHash('sha256');
    let copied = 0;
    for await (const chunk of readStreamOf(path, 1 << 20) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await file.writeFile(chunk);
      copied += chunk.length;
      told(copied);
    }
    return { file, sha256: hash.digest('hex') };
  } catch (error) {
    await file.close();
    throw error;
  }
}
