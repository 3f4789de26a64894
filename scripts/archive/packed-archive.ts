import { createHash } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Duplex, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib, { createGunzip } from 'node:zlib';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { readStreamOf } from '../system/symlink-safe-fs.ts';
import { privateFile } from '../system/files.ts';
import { findProgram, stream } from '../system/process/processes.ts';
import { DamagedArchive } from './byte-reader.ts';
import { readTar, type RawEntry } from './unpack.ts';
import { readZip } from './unzip.ts';

/** How an archive is packed: a tar archive with or without compression, or a zip archive. */
export type Packing = 'gzip' | 'zstd' | 'none' | 'zip';

/** Told how much was read and unpacked; throws to stop. */
type Meter = (packed: number, unpacked: number) => void;

/**
 * Unpacks an archive, a tar archive while it is read, and hands out its entries one by one, as `readTar` does.
 *
 * @param scratch an empty folder of ours, for a copy that is gone afterwards
 * @returns the SHA-256 of what was unpacked, in hexadecimal
 * @throws DamagedArchive; whatever `onEntry` and `meter` throw
 */
export async function readPackedArchive(
  context: Pick<Context, 'env'>,
  path: string,
  packing: Packing,
  scratch: string,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: Meter,
): Promise<string> {
  if (packing === 'zip') return readWholeZip(path, scratch, onEntry, meter);
  const hash = createHash('sha256');
  let packed = 0;
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      packed += chunk.length;
      yield chunk;
    }
  };
  const consume = (source: AsyncIterable<Buffer>): Promise<void> =>
    readTar(source, onEntry, (unpacked) => {
      meter(packed, unpacked);
    });
  const file = readStreamOf(path, 1 << 18);
  if (packing === 'zstd') await throughZstd(context, path, file, counted, consume);
  else await throughFilter(file, counted, packing === 'gzip' ? createGunzip() : new PassThrough(), consume);
  return hash.digest('hex');
}

/**
 * A zip archive is read in the order of its directory, not of its bytes, and some of them twice: whoever can write to the
 * file could show the hash other bytes than the reading.
 */
async function readWholeZip(
  path: string,
  scratch: string,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: Meter,
): Promise<string> {
  const { file, sha256 } = await copyPrivately(path, scratch, (copied) => meter(copied, 0));
  try {
    await readZip(file, onEntry, meter);
    return sha256;
  } finally {
    await file.close();
  }
}

async function throughFilter(
  file: Readable,
  counted: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>,
  filter: Duplex,
  consume: (source: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  let consuming: Promise<void> | undefined;
  const remember = (source: AsyncIterable<Buffer>): Promise<void> => (consuming = consume(source));
  try {
    // The pipeline fails as soon as its last member stops reading, and says only that; the reason comes a little later.
    await pipeline(file, counted, filter, remember).catch(async (error: unknown) => {
      await consuming;
      throw error;
    });
  } catch (error) {
    throw isZlibError(error) ? new DamagedArchive(error.message, { cause: error }) : error;
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z|ZSTD)_|^ERR_ZSTD/.test(String(error.code));
}

/** The program where there is one, else Node's own (22.15 and later), as for backups. */
async function throughZstd(
  context: Pick<Context, 'env'>,
  path: string,
  file: Readable,
  counted: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>,
  consume: (source: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const program = await findProgram(context, 'zstd');
  if (program === undefined) {
    // The types are those of Node 20.
    const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex };
    if (createZstdDecompress === undefined) throw refused('zstd-missing', { path });
    await throughFilter(file, counted, createZstdDecompress(), consume);
    return;
  }
  const zstd = stream(context, program, ['-d', '-c', '-q'], { stdin: 'pipe' });
  // It stops reading when the archive is damaged; its own exit says so better than a broken pipe.
  const feeding = pipeline(file, counted, zstd.stdin).catch(() => undefined);
  try {
    await consume(zstd.stdout as AsyncIterable<Buffer>).catch(async (error: unknown) => {
      if (!(error instanceof DamagedArchive)) throw error;
      const exit = await zstd.exited;
      throw exit.code === 0 ? error : new DamagedArchive(zstd.stderrTail(), { cause: error });
    });
    const exit = await zstd.exited;
    if (exit.code !== 0) throw new DamagedArchive(zstd.stderrTail());
  } finally {
    zstd.kill();
    file.destroy();
    await feeding;
  }
}

/**
 * Copies a file that others may write to, so that what is hashed and what is read afterwards are the same bytes. The copy has
 * no name: nobody else can open it, and it is gone once it is closed, or when we are killed.
 *
 * @param folder an empty one of ours, on the file system that has room for the copy
 * @param told the bytes copied so far; throws to stop
 * @returns the copy, to be closed by the caller, and the SHA-256 of what was copied, in hexadecimal
 * @throws errors of the operating system; whatever `told` throws
 */
async function copyPrivately(path: string, folder: string, told: (copied: number) => void) {
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
