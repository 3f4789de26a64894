import { write } from 'node:fs';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { readShort, readStreamOf } from '../system/symlink-safe-fs.ts';
import { writeWholeSync } from '../system/files.ts';
import { exitText, findProgram, stream } from '../system/process/processes.ts';
import { contentOfPlainFrame, plainFrame } from './zstd-frame.ts';

/** The ways to compress, the preferred one first; the manifest of a backup names its own. */
export const codecNames = ['zstd', 'gzip'] as const;
export type CodecName = (typeof codecNames)[number];

/** What compresses into a file, and how it ended. */
interface Compressor {
  readonly input: Writable;
  /** Resolves when everything went well; rejects otherwise. */
  readonly finished: Promise<void>;
  /** Ends it at once, whatever it is doing. */
  abort(): void;
}

/** What decompresses: `finished` is to be awaited after the output has ended. */
interface Decompressor extends Compressor {
  readonly output: Readable;
}

/** Compression as this machine can do it. */
export interface Codec {
  readonly name: CodecName;
  /** With its dot. */
  readonly extension: string;
  /** Compresses to the end of an open file. */
  compressInto(file: number): Compressor;
  decompress(): Decompressor;
  /** What a content of at most `shortBytes` is stored as: at once, and without a process. */
  compressShort(content: Buffer): Buffer;
  /** The content of a short stored file; undefined where that is not known without `decompress`. */
  decompressShort(stored: Buffer): Buffer | undefined;
}

/**
 * What a process for it, or a stream, would cost far more than its compression saves: a database of thousands of tables has
 * two such parts or more for each.
 */
export const shortBytes = 16 * 1024;

/** A stored file of so many bytes may hold a short content. */
const shortStored = shortBytes + 1024;

type CodecContext = Pick<Context, 'env'>;

/**
 * The compression for a new backup: what the setting says; `auto` takes zstd where there is one, else gzip.
 *
 * @throws MajError `codec-missing` when zstd is asked for and is not there
 */
export async function chooseCodec(context: CodecContext & Pick<Context, 'config'>): Promise<Codec> {
  const wanted = context.config.BACKUP_CODEC;
  if (wanted !== 'auto') return codecNamed(context, wanted);
  return (await findZstd(context)) ?? gzip;
}

/**
 * The compression that a backup was written with.
 *
 * @throws MajError `codec-missing` when this machine cannot read it
 */
export async function codecNamed(context: CodecContext, name: CodecName): Promise<Codec> {
  const codec = await finders[name](context);
  if (codec === undefined) throw refused('codec-missing', { codec: name });
  return codec;
}

/** A quick level: the rows of a backup are written often and read seldom; level 6 takes three times as long. */
const gzipLevel = 1;

/** Bytes of output that a compressor in this process gathers before they are written. */
const chunkSize = 256 * 1024;

const gzip: Codec = {
  name: 'gzip',
  extension: '.gz',
  compressInto: (file) => into(file, zlib.createGzip({ level: gzipLevel, chunkSize })),
  decompress: () => within(zlib.createGunzip()),
  compressShort: (content) => zlib.gzipSync(content, { level: gzipLevel }),
  decompressShort: (stored) => {
    try {
      return zlib.gunzipSync(stored, { maxOutputLength: shortBytes });
    } catch {
      return undefined;
    }
  },
};

const zstd = {
  name: 'zstd',
  extension: '.zst',
  compressShort: plainFrame,
  decompressShort: contentOfPlainFrame,
} as const;

/** How each is found on this machine; undefined where it is not there. */
const finders: Readonly<Record<CodecName, (context: CodecContext) => Promise<Codec | undefined>>> = {
  zstd: findZstd,
  gzip: () => Promise.resolve(gzip),
};

async function findZstd(context: CodecContext): Promise<Codec | undefined> {
  const program = await findProgram(context, 'zstd');
  if (program !== undefined) {
    return {
      ...zstd,
      compressInto: (file) => child(context, program, ['-q', '-c', '-1'], file),
      decompress: () => child(context, program, ['-q', '-d', '-c'], 'pipe'),
    };
  }
  // From Node 22.15 on; the types are those of Node 20.
  const { createZstdCompress, createZstdDecompress } = zlib as {
    createZstdCompress?: (options: { chunkSize: number }) => Duplex;
    createZstdDecompress?: () => Duplex;
  };
  if (createZstdCompress === undefined || createZstdDecompress === undefined) return undefined;
  return {
    ...zstd,
    compressInto: (file) => into(file, createZstdCompress({ chunkSize })),
    decompress: () => within(createZstdDecompress()),
  };
}

/** A decompressor in this process. */
function within(duplex: Duplex): Decompressor {
  const finished = new Promise<void>((resolve, reject) => {
    duplex.once('end', resolve);
    duplex.once('error', reject);
    duplex.once('close', () => {
      reject(new Error('closed before its end'));
    });
  });
  finished.catch(() => undefined);
  return { input: duplex, output: duplex, finished, abort: () => duplex.destroy() };
}

const writeSome = promisify(write);

/** A compressor in this process. */
function into(file: number, duplex: Duplex): Compressor {
  const compressor = within(duplex);
  const written = (async (): Promise<void> => {
    for await (const chunk of compressor.output as AsyncIterable<Buffer>)
      for (let done = 0; done < chunk.length;) done += (await writeSome(file, chunk, done)).bytesWritten;
    await compressor.finished;
  })();
  written.catch(() => undefined);
  return { ...compressor, finished: written };
}

/**
 * A compressor or decompressor in a process of its own.
 *
 * @param to the file that it writes to itself, or `pipe`: what it writes is its `output`
 */
function child(
  context: CodecContext,
  program: string,
  args: readonly string[],
  to: number | 'pipe',
): Decompressor {
  const started = stream(context, program, args, { stdin: 'pipe', stdout: to });
  // What it did not take is told by its exit; EPIPE on our side says nothing more.
  started.stdin.on('error', () => undefined);
  const finished = started.exited.then((exit) => {
    if (exit.code === 0) return;
    // It tells of a full disk by a text; to us the system does by a code.
    if (exit.code !== null && to !== 'pipe') writeWholeSync(to, Buffer.alloc(chunkSize));
    throw refused('program-failed', { program, exit: exitText(exit), output: started.stderrTail() });
  });
  finished.catch(() => undefined);
  return {
    input: started.stdin,
    get output() {
      return started.stdout;
    },
    finished,
    abort: () => {
      started.kill('SIGKILL');
      if (to === 'pipe') started.stdout.destroy();
    },
  };
}

/**
 * The plain bytes of a stored file.
 *
 * @throws MajError `stored-unreadable` when it cannot be read or does not decompress to its end
 */
export async function* readStored(path: string, codec: Codec): AsyncGenerator<Buffer, void, undefined> {
  const short = contentIfShort(path, codec);
  if (short !== undefined) return yield short;
  const source = readStreamOf(path, 256 * 1024);
  const transformer = codec.decompress();
  let reading: unknown;
  source.once('error', (error) => {
    reading = error;
    transformer.abort();
  });
  source.pipe(transformer.input);
  try {
    for await (const chunk of transformer.output) yield chunk as Buffer;
    await transformer.finished;
  } catch (error) {
    throw unsound('stored-unreadable', { path, reason: reasonFor(reading ?? error) }, { cause: error });
  } finally {
    source.destroy();
    transformer.abort();
  }
}

/** The content of a stored file that is short; undefined for others, and for one that cannot be read: the stream says why. */
function contentIfShort(path: string, codec: Codec): Buffer | undefined {
  try {
    const stored = readShort(path, shortStored);
    return stored === undefined ? undefined : codec.decompressShort(stored);
  } catch {
    return undefined;
  }
}

const reasonFor = (error: unknown): string => (error instanceof Error ? error.message : String(error));
