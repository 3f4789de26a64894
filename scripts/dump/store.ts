import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
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
  /** Resolves when more may be written: that is the backpressure. */
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

/** How many pieces wait for a compressor at most: one alone would have it wait for us, and us for it, in turns. */
const mostWaiting = 2;

function storeStream(path: string, codec: Codec): PartWriter<Stored> {
  const stored = createHash('sha256');
  const transformer = codec.compress();
  let storedBytes = 0;

  const pump = async (): Promise<void> => {
    const file = await open(path, 'wx', privateFile);
    const batch = createWriteBatch({ write: (data) => file.writeFile(data) });
    try {
      for await (const chunk of transformer.output as AsyncIterable<Buffer>) {
        stored.update(chunk);
        storedBytes += chunk.length;
        await batch.add(chunk);
      }
      await batch.flush();
      await transformer.finished;
      await file.datasync();
    } finally {
      await file.close();
    }
  };
  const pumped = pump().catch((error: unknown) => {
    transformer.abort();
    throw error;
  });
  // It is awaited by write() and finish(); until then its failure is not "unhandled".
  let hasFailed = false;
  pumped.catch(() => {
    hasFailed = true;
  });

  /** The pieces that the compressor has not taken yet: it works on these while we read and hash the next one. */
  const waiting: Promise<void>[] = [];

  return {
    write: async (data) => {
      if (hasFailed) await pumped;
      // Of a compressor that was ended the reason is told by its file, or by its exit.
      waiting.push(new Promise((resolve) => transformer.input.write(data, () => resolve())));
      while (waiting.length > mostWaiting) await Promise.race([waiting.shift(), pumped]);
    },
    finish: async () => {
      transformer.input.end();
      await pumped;
      return { storedBytes, storedSha256: stored.digest('hex') };
    },
    abort: () => transformer.abort(),
  };
}

/** Puts small pieces together to large ones. */
export interface Batch {
  /** Takes a copy of the data. */
  add(data: Buffer): Promise<void>;
  /** Hands on what there is. */
  flush(): Promise<void>;
}

const batchBytes = 1024 * 1024;

/** Gathers what goes to a writer: it takes as long over a piece of 512 bytes as over one of 100 KB. */
export function createWriteBatch(writer: { readonly write: (data: Buffer) => Promise<void> }): Batch {
  let buffer: Buffer | undefined;
  let used = 0;
  const flush = async (): Promise<void> => {
    if (buffer === undefined) return;
    const full = buffer.subarray(0, used);
    // The writer may still need these bytes when it has taken them: the next ones go elsewhere.
    buffer = undefined;
    used = 0;
    await writer.write(full);
  };
  return {
    add: async (data) => {
      for (let at = 0; at < data.length;) {
        buffer ??= Buffer.allocUnsafeSlow(batchBytes);
        const taken = data.copy(buffer, used, at);
        used += taken;
        at += taken;
        if (used === batchBytes) await flush();
      }
    },
    flush,
  };
}
