import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { privateFile, writeWholeSync } from '../system/files.ts';
import { shortBytes, type Codec } from './codec.ts';

/** What a stored file holds: its plain bytes and what they became. */
export interface StoredSum {
  /** Plain bytes. */
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes on disk. */
  readonly storedBytes: number;
  readonly storedSha256: string;
}

/** Takes the bytes of one file or part as they come. */
export interface PartWriter<T> {
  /**
   * Resolves when more may be written: that is the backpressure. The bytes stay as they are until two more pieces were taken.
   */
  write(data: Buffer): Promise<void>;
  /** Resolves when everything is on disk. */
  finish(): Promise<T>;
  /** Ends it; what it has written stays where it is. */
  abort(): void;
}

/**
 * Writes a new file, compressed and flushed to disk, hashing both sides as the bytes go by. What turns out to be short is
 * compressed at once, without a process.
 */
export function storeCompressed(path: string, codec: Codec): PartWriter<StoredSum> {
  const plain = createHash('sha256');
  let bytes = 0;
  let short: Buffer[] | undefined = [];
  let stream: PartWriter<Stored> | undefined;
  return {
    write: async (data) => {
      plain.update(data);
      bytes += data.length;
      if (short !== undefined && bytes <= shortBytes) {
        // A copy: what comes is a view into a far larger chunk.
        short.push(Buffer.from(data));
        return;
      }
      stream ??= storeStream(path, codec);
      for (const first of short ?? []) await stream.write(first);
      short = undefined;
      await stream.write(data);
    },
    finish: async () => {
      const stored = await (stream?.finish() ??
        storeWhole(path, codec.compressShort(Buffer.concat(short ?? []))));
      return { bytes, sha256: plain.digest('hex'), ...stored };
    },
    abort: () => stream?.abort(),
  };
}

type Stored = Pick<StoredSum, 'storedBytes' | 'storedSha256'>;

async function storeWhole(path: string, stored: Buffer): Promise<Stored> {
  const file = openSync(path, 'wx', privateFile);
  try {
    writeWholeSync(file, stored);
    await promisify(fdatasync)(file);
  } finally {
    closeSync(file);
  }
  return { storedBytes: stored.length, storedSha256: createHash('sha256').update(stored).digest('hex') };
}

/**
 * How many pieces wait for a compressor at most: one alone would have it wait for us, and us for it, in turns. Of so many
 * pieces a writer may still need the bytes when it has taken them.
 */
const mostWaiting = 2;

/**
 * The compressor writes to the file itself: to take the bytes from it and write them down costs a third of all of it. They are
 * hashed as the file holds them.
 */
function storeStream(path: string, codec: Codec): PartWriter<Stored> {
  const file = openSync(path, 'wx+', privateFile);
  const stored = followFile(file);
  const compressor = codec.compressInto(file);
  let hasEnded = false;
  const finished = (async (): Promise<void> => {
    try {
      await compressor.finished;
      stored.follow();
      await promisify(fdatasync)(file);
    } finally {
      hasEnded = true;
      closeSync(file);
    }
  })();
  // It is awaited by write() and finish(); until then its failure is not "unhandled".
  finished.catch(() => undefined);

  /** The pieces that the compressor has not taken yet: it works on these while we read and hash the next one. */
  const waiting: Promise<void>[] = [];

  return {
    write: async (data) => {
      if (hasEnded) await finished;
      // Of a compressor that was ended the reason is told by its exit.
      waiting.push(new Promise((resolve) => compressor.input.write(data, () => resolve())));
      stored.follow();
      while (waiting.length > mostWaiting) await Promise.race([waiting.shift(), finished]);
    },
    finish: async () => {
      compressor.input.end();
      await finished;
      return stored.sum();
    },
    abort: () => compressor.abort(),
  };
}

/** Hashes a file while it grows. */
function followFile(file: number): { follow(): void; sum(): Stored } {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  let storedBytes = 0;
  return {
    follow: () => {
      for (;;) {
        const got = readSync(file, buffer, 0, buffer.length, storedBytes);
        if (got === 0) return;
        hash.update(buffer.subarray(0, got));
        storedBytes += got;
      }
    },
    sum: () => ({ storedBytes, storedSha256: hash.digest('hex') }),
  };
}

/** Puts small pieces together to large ones. */
export interface Batch {
  /** Takes a copy of the data. */
  add(data: Buffer): Promise<void>;
  /** Where the next bytes go, one at least: whoever fills it from its start says how much by `took`, at once. */
  room(): Promise<Buffer>;
  took(bytes: number): void;
  /** Hands on what there is. */
  flush(): Promise<void>;
}

const batchBytes = 1024 * 1024;

/** Gathers what goes to a writer: it takes as long over a piece of 512 bytes as over one of 100 KB. */
export function createWriteBatch(writer: { readonly write: (data: Buffer) => Promise<void> }): Batch {
  // The writer may still need the pieces before: to make new ones each time would have all that memory collected.
  const buffers: Buffer[] = [];
  let turn = 0;
  let used = 0;
  const flush = async (): Promise<void> => {
    if (used === 0) return;
    const full = buffers[turn]?.subarray(0, used);
    turn = (turn + 1) % (mostWaiting + 1);
    used = 0;
    if (full !== undefined) await writer.write(full);
  };
  const room = async (): Promise<Buffer> => {
    if (used === batchBytes) await flush();
    return (buffers[turn] ??= Buffer.allocUnsafeSlow(batchBytes)).subarray(used);
  };
  return {
    add: async (data) => {
      for (let at = 0; at < data.length;) {
        const taken = data.copy(await room(), 0, at);
        used += taken;
        at += taken;
      }
    },
    room,
    took: (bytes) => {
      used += bytes;
    },
    flush,
  };
}
