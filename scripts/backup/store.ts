import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { privateFile } from '../system/files.ts';
import { createBatch } from './batch.ts';
import type { Codec } from './codec.ts';

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

/** Writes a new file, compressed and flushed to disk, hashing both sides as the bytes go by. */
export function storeCompressed(path: string, codec: Codec): PartWriter<StoredSum> {
  const plain = createHash('sha256');
  const stored = createHash('sha256');
  const transformer = codec.compress();
  let bytes = 0;
  let storedBytes = 0;

  const pump = async (): Promise<void> => {
    const file = await open(path, 'wx', privateFile);
    const batch = createBatch({ write: (data) => file.writeFile(data) });
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
  pumped.catch(() => undefined);

  return {
    write: async (data) => {
      plain.update(data);
      bytes += data.length;
      if (transformer.input.write(data)) return;
      const waiting = new AbortController();
      try {
        await Promise.race([once(transformer.input, 'drain', { signal: waiting.signal }), pumped]);
      } catch (error) {
        // A compressor that was ended because its file could not be written shows here first, as a broken pipe.
        await pumped;
        throw error;
      } finally {
        waiting.abort();
      }
    },
    finish: async () => {
      transformer.input.end();
      await pumped;
      return { bytes, sha256: plain.digest('hex'), storedBytes, storedSha256: stored.digest('hex') };
    },
    abort: () => transformer.abort(),
  };
}
