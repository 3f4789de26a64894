import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { Context } from '../context.ts';
import { findProgram, stream } from './processes.ts';
import { refused } from '../errors.ts';

/** How an archive is packed. */
export type Packing = 'gzip' | 'zstd';

/** One entry as the archive has it, with its content to be read before the next one comes. */
export interface RawEntry {
  readonly path: string;
  readonly typeName: string;
  readonly mode: number;
  readonly bytes: number;
  readonly target: string | undefined;
  readonly content: AsyncIterable<Buffer>;
}

/** Told how much was read and unpacked; throws to stop. */
export type Meter = (packed: number, unpacked: number) => void;

/** An archive that is not what it should be: cut off, damaged, or no tar archive at all. */
export class DamagedArchive extends Error {}

/**
 * Reads a packed tar archive from its first byte to its last, and hands out its entries one by one. Strict: what
 * node-tar would only warn of or skip is an error; so is anything after the archive's end, and an end that is missing
 * (node-tar takes a plain tar cut between two entries for a whole one).
 *
 * @returns the SHA-256 of the file as read here, in hexadecimal
 * @throws DamagedArchive; whatever `onEntry` and `meter` throw
 */
export async function readArchive(
  context: Pick<Context, 'env'>,
  path: string,
  packing: Packing,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: Meter,
): Promise<string> {
  const hash = createHash('sha256');
  let packed = 0;
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of hashing(source, hash)) {
      packed += chunk.length;
      yield chunk;
    }
  };
  const consume = (source: AsyncIterable<Buffer>): Promise<void> =>
    parse(source, onEntry, (unpacked) => {
      meter(packed, unpacked);
    });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (packing === 'zstd') await throughZstd(context, path, file, counted, consume);
  else
    await pipeline(file, counted, createGunzip(), consume).catch((error: unknown) => {
      throw isZlibError(error) ? new DamagedArchive(error.message, { cause: error }) : error;
    });
  return hash.digest('hex');
}

async function* hashing(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

async function throughZstd(
  context: Pick<Context, 'env'>,
  path: string,
  file: Readable,
  counted: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>,
  consume: (source: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const program = await findProgram(context, 'zstd');
  if (program === undefined) throw refused('zstd-missing', { path });
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

const blockSize = 512;
/** An archive ends with two blocks of zeros. */
const endSize = 2 * blockSize;

async function parse(
  source: AsyncIterable<Buffer>,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: (unpacked: number) => void,
): Promise<void> {
  const parser = new Parser({ strict: true, maxDecompressionRatio: Number.POSITIVE_INFINITY });
  const state = { atEnd: false, work: Promise.resolve() };
  const broken = new Promise<never>((_resolve, reject) => {
    const damaged = (reason: string): void => reject(new DamagedArchive(reason));
    parser.on('error', (error: Error) => damaged(error.message));
    parser.on('ignoredEntry', (entry: ReadEntry) =>
      damaged(`an entry of the type ${entry.type}, which cannot be unpacked (${entry.path})`),
    );
    parser.on('entry', (entry: ReadEntry) => {
      // In order: an entry's content may be read to its end before the work on it is.
      state.work = state.work.then(() => onEntry(rawEntry(entry)));
      state.work = state.work.then(() => entry.resume());
      state.work.catch(reject);
    });
    parser.on('eof', () => {
      state.atEnd = true;
    });
  });
  // It is awaited below, but may fail before.
  broken.catch(() => undefined);
  let unpacked = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    unpacked += chunk.length;
    meter(unpacked);
    tail =
      chunk.length >= endSize ? chunk.subarray(-endSize) : Buffer.concat([tail, chunk]).subarray(-endSize);
    // What comes after the end is not given to node-tar, which would keep it all in memory.
    if (state.atEnd && chunk.some((byte) => byte !== 0))
      throw new DamagedArchive('there is something after the end of the archive');
    if (!state.atEnd && !parser.write(chunk)) await Promise.race([once(parser, 'drain'), broken]);
  }
  const finished = once(parser, 'end');
  parser.end();
  await Promise.race([finished, broken]);
  await state.work;
  if (tail.length < endSize || tail.some((byte) => byte !== 0))
    throw new DamagedArchive('the end of the archive is missing');
}

function rawEntry(entry: ReadEntry): RawEntry {
  return {
    path: entry.path,
    typeName: entry.type,
    mode: entry.mode ?? 0,
    bytes: entry.size,
    target: entry.linkpath,
    content: entry,
  };
}
