import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
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
 *
 * @param sumsOf how it is hashed: an archive of files, which may have any size, by a thread of its own
 */
export function storeCompressed(path: string, codec: Codec, sumsOf = sumsHere): PartWriter<StoredSum> {
  let bytes = 0;
  let short: Buffer[] | undefined = [];
  let stream: PartWriter<Sums> | undefined;
  return {
    write: async (data) => {
      bytes += data.length;
      if (short !== undefined && bytes <= shortBytes) {
        // A copy: what comes is a view into a far larger chunk.
        short.push(Buffer.from(data));
        return;
      }
      stream ??= storeStream(path, codec, sumsOf);
      for (const first of short ?? []) await stream.write(first);
      short = undefined;
      await stream.write(data);
    },
    finish: async () => {
      const sums = await (stream?.finish() ?? storeWhole(path, codec, Buffer.concat(short ?? [])));
      return { bytes, ...sums };
    },
    abort: () => stream?.abort(),
  };
}

type Sums = Omit<StoredSum, 'bytes'>;

async function storeWhole(path: string, codec: Codec, content: Buffer): Promise<Sums> {
  const stored = codec.compressShort(content);
  const file = openSync(path, 'wx', privateFile);
  try {
    writeWholeSync(file, stored);
    await promisify(fdatasync)(file);
  } finally {
    closeSync(file);
  }
  return { sha256: sha256Of(content), storedBytes: stored.length, storedSha256: sha256Of(stored) };
}

const sha256Of = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/**
 * How many pieces wait for a compressor at most: one alone would have it wait for us, and us for it, in turns. Of so many
 * pieces a writer may still need the bytes when it has taken them.
 */
const mostWaiting = 2;

/**
 * The compressor writes to the file itself: to take the bytes from it and write them down costs a third of all of it. They are
 * hashed as the file holds them.
 */
function storeStream(path: string, codec: Codec, sumsOf: typeof sumsHere): PartWriter<Sums> {
  const file = openSync(path, 'wx+', privateFile);
  const summing = sumsOf(file);
  const compressor = codec.compressInto(file);
  let hasEnded = false;
  const finished = (async (): Promise<Sums> => {
    try {
      await compressor.finished;
      const sums = await summing.end();
      await promisify(fdatasync)(file);
      return sums;
    } finally {
      hasEnded = true;
      await summing.stop();
      closeSync(file);
    }
  })();
  // It is awaited by write() and finish(); until then its failure is not "unhandled".
  finished.catch(() => undefined);

  /** The pieces that are still being compressed or hashed, while we read the next one. */
  const waiting: Promise<unknown>[] = [];

  return {
    write: async (data) => {
      if (hasEnded) await finished;
      // Of a compressor that was ended the reason is told by its exit.
      const compressed = new Promise<void>((resolve) => compressor.input.write(data, () => resolve()));
      const taken = Promise.all([compressed, summing.take(data)]);
      taken.catch(() => undefined);
      waiting.push(taken);
      while (waiting.length > mostWaiting) await Promise.race([waiting.shift(), finished]);
    },
    finish: () => {
      compressor.input.end();
      return finished;
    },
    abort: () => compressor.abort(),
  };
}

/** Hashes what is stored, and the file that it is stored in while that grows. */
interface Summing {
  take(data: Buffer): Promise<unknown>;
  /** The file has all by now. */
  end(): Promise<Sums>;
  /** Resolves when nothing is read from the file any more. */
  stop(): Promise<unknown>;
}

function sumsHere(file: number): Summing {
  const plain = createHash('sha256');
  const stored = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  let storedBytes = 0;
  const follow = (): void => {
    for (let got = buffer.length; got === buffer.length; storedBytes += got) {
      got = readSync(file, buffer, 0, buffer.length, storedBytes);
      stored.update(buffer.subarray(0, got));
    }
  };
  return {
    take: (data) => {
      plain.update(data);
      follow();
      return Promise.resolve();
    },
    end: () => {
      follow();
      return Promise.resolve({
        sha256: plain.digest('hex'),
        storedBytes,
        storedSha256: stored.digest('hex'),
      });
    },
    stop: () => Promise.resolve(),
  };
}

/** `sumsHere` for a thread, which loads no TypeScript. It answers each piece, and the end with the sums. */
const threadText = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort, workerData: file } = require('node:worker_threads');
const plain = createHash('sha256');
const stored = createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
let storedBytes = 0;
parentPort.on('message', (data) => {
  if (data !== null) plain.update(data);
  for (let got = buffer.length; got === buffer.length; storedBytes += got) {
    got = readSync(file, buffer, 0, buffer.length, storedBytes);
    stored.update(buffer.subarray(0, got));
  }
  parentPort.postMessage(
    data === null ? { sha256: plain.digest('hex'), storedBytes, storedSha256: stored.digest('hex') } : null,
  );
});`;

/** In a thread of its own: to hash takes as long as to compress. Pieces of a batch are not copied for it. */
export function sumsAside(file: number): Summing {
  const thread = new Worker(threadText, { eval: true, workerData: file, execArgv: [] });
  const answers: ((answer: unknown) => void)[] = [];
  thread.on('message', (answer) => answers.shift()?.(answer));
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  failed.catch(() => undefined);
  const ask = (data: Buffer | null): Promise<unknown> => {
    const answer = new Promise((resolve) => answers.push(resolve));
    thread.postMessage(data);
    return Promise.race([answer, failed]);
  };
  return {
    take: ask,
    end: async () => (await ask(null)) as Sums,
    stop: () => thread.terminate(),
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
  // The writer may still need the pieces before: to make new ones each time would have all that memory collected. A thread of
  // its may read them where they are.
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
    return (buffers[turn] ??= Buffer.from(new SharedArrayBuffer(batchBytes))).subarray(used);
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
