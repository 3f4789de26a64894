import { Duplex, type Readable, type Writable } from 'node:stream';
import zlib from 'node:zlib';
import type { Context } from '../context.ts';
import { refused, unsound } from '../errors.ts';
import { readStreamOf } from '../system/beneath.ts';
import { exitText, findProgram, stream } from '../system/processes.ts';

/** A way to compress; the manifest names it. */
export type CodecName = 'zstd' | 'gzip';

/** What compresses or decompresses: bytes in, bytes out, and how it ended. */
interface Transformer {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when everything went well; rejects otherwise. Await it after the output has ended. */
  readonly finished: Promise<void>;
  /** Ends it at once, whatever it is doing. */
  abort(): void;
}

/** Compression as this machine can do it. */
export interface Codec {
  readonly name: CodecName;
  /** With its dot. */
  readonly extension: string;
  compress(): Transformer;
  decompress(): Transformer;
}

type CodecContext = Pick<Context, 'env'>;

/**
 * The compression for a new backup: what the setting says; `auto` takes zstd where there is one, else gzip.
 *
 * @throws MajError `codec-missing` when zstd is asked for and is not there
 */
export async function chooseCodec(context: CodecContext & Pick<Context, 'config'>): Promise<Codec> {
  const wanted = context.config.BACKUP_CODEC;
  if (wanted === 'gzip') return gzip;
  const zstd = await findZstd(context);
  if (zstd === undefined && wanted === 'zstd') throw refused('codec-missing', { codec: 'zstd' });
  return zstd ?? gzip;
}

/**
 * The compression that a backup was written with.
 *
 * @throws MajError `codec-missing` when this machine cannot read it
 */
export async function codecNamed(context: CodecContext, name: CodecName): Promise<Codec> {
  const codec = name === 'gzip' ? gzip : await findZstd(context);
  if (codec === undefined) throw refused('codec-missing', { codec: name });
  return codec;
}

/** A quick level: the rows of a backup are written often and read seldom; level 6 takes three times as long. */
const gzipLevel = 1;

const gzip: Codec = {
  name: 'gzip',
  extension: '.gz',
  compress: () => within(zlib.createGzip({ level: gzipLevel })),
  decompress: () => within(zlib.createGunzip()),
};

async function findZstd(context: CodecContext): Promise<Codec | undefined> {
  const program = await findProgram(context, 'zstd');
  if (program !== undefined) {
    return {
      name: 'zstd',
      extension: '.zst',
      compress: () => child(context, program, ['-q', '-c', '-1']),
      decompress: () => child(context, program, ['-q', '-d', '-c']),
    };
  }
  // From Node 22.15 on; the types are those of Node 20.
  const { createZstdCompress, createZstdDecompress } = zlib as {
    createZstdCompress?: () => Duplex;
    createZstdDecompress?: () => Duplex;
  };
  if (createZstdCompress === undefined || createZstdDecompress === undefined) return undefined;
  return {
    name: 'zstd',
    extension: '.zst',
    compress: () => within(createZstdCompress()),
    decompress: () => within(createZstdDecompress()),
  };
}

/** A compressor in this process. */
function within(duplex: Duplex): Transformer {
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

/** A compressor in a process of its own. */
function child(context: CodecContext, program: string, args: readonly string[]): Transformer {
  const started = stream(context, program, args, { stdin: 'pipe' });
  // What it did not take is told by its exit; EPIPE on our side says nothing more.
  started.stdin.on('error', () => undefined);
  const finished = started.exited.then((exit) => {
    if (exit.code !== 0)
      throw refused('program-failed', { program, exit: exitText(exit), output: started.stderrTail() });
  });
  finished.catch(() => undefined);
  return {
    input: started.stdin,
    output: started.stdout,
    finished,
    abort: () => {
      started.kill('SIGKILL');
      started.stdout.destroy();
    },
  };
}

/**
 * The plain bytes of a stored file.
 *
 * @throws MajError `stored-unreadable` when it cannot be read or does not decompress to its end
 */
export async function* readStored(path: string, codec: Codec): AsyncGenerator<Buffer, void, undefined> {
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

const reasonFor = (error: unknown): string => (error instanceof Error ? error.message : String(error));
