import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { DamagedArchive } from './damaged-archive.ts';
import type { RawEntry } from './unpack.ts';
import { entryFacts, type ZipFacts } from './zip-entry.ts';

/**
 * Reads a zip archive by its central directory, and hands out its entries one by one, as `readTar` does. Strict: what two
 * programs could read in two ways is an error, such as a local header that says another name than the directory, data
 * that two entries share, or a count that leaves entries of the directory out.
 *
 * @param meter told after each piece the packed bytes (of all entries begun so far) and the unpacked ones; throws to stop
 * @throws DamagedArchive; whatever `onEntry` and `meter` throw
 */
export async function readZip(
  file: FileHandle,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: (packed: number, unpacked: number) => void,
): Promise<void> {
  const { size } = await file.stat();
  const reader = new HandleReader(file);
  const zip = await damaged(
    fromRandomAccessReaderPromise(reader, size, { decodeStrings: false, autoClose: false }),
  );
  // It tells of a failed reading by an event as well as by the call.
  zip.on('error', () => undefined);
  const spans: Span[] = [];
  let [packed, unpacked] = [0, 0];
  for await (const entry of entriesOf(zip)) {
    const facts = await damaged(factsOf(zip, entry));
    spans.push({ from: entry.relativeOffsetOfLocalHeader, to: facts.dataStart + entry.compressedSize });
    packed += entry.compressedSize;
    // Told apart for certain at the end; this much of it before anything is unpacked.
    if (packed > size) throw new DamagedArchive(sharedData);
    const content = contentOf(zip, entry, (bytes) => {
      unpacked += bytes;
      meter(packed, unpacked);
    });
    const target = facts.typeName === 'SymbolicLink' ? await linkTarget(content, facts) : undefined;
    await onEntry({
      path: facts.path,
      typeName: facts.typeName,
      mode: facts.mode,
      bytes: target === undefined ? entry.uncompressedSize : 0,
      target,
      content: target === undefined ? content : nothing(),
    });
  }
  checkSpans(spans);
  await checkDirectoryEnd(zip, file);
}

/** yauzl's own reader closes the file when it likes; ours is the caller's. */
class HandleReader extends RandomAccessReader {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(pieces(this.#file, start, end), { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(bytesRead < length ? new Error('unexpected end of the file') : null),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/** Not a stream of the handle's own: that one closes the handle with itself. */
async function* pieces(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await file.read({
      buffer: Buffer.allocUnsafe(Math.min(1 << 18, end - at)),
      position: at,
    });
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** What yauzl complains of is the archive's fault; errors of the operating system are not. */
async function damaged<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DamagedArchive || !(error instanceof Error) || 'syscall' in error) throw error;
    throw new DamagedArchive(error.message, { cause: error });
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  const entries = zip.eachEntry();
  for (;;) {
    const next = await damaged(entries.next());
    if (next.done === true) return;
    yield next.value;
  }
}

async function factsOf(zip: ZipFile, entry: Entry): Promise<ZipFacts & { readonly dataStart: number }> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  return { ...entryFacts(entry, local), dataStart: local.fileDataStart };
}

/** The content, checked as it is read: its size by yauzl, its sum here, which yauzl leaves to its callers. */
async function* contentOf(
  zip: ZipFile,
  entry: Entry,
  meter: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const stream = await damaged(zip.openReadStreamPromise(entry));
  const chunks = stream[Symbol.asyncIterator]();
  let sum = 0;
  try {
    for (;;) {
      const next = (await damaged(chunks.next())) as IteratorResult<Buffer, undefined>;
      if (next.done === true) break;
      sum = crc32(next.value, sum);
      meter(next.value.length);
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
  if (sum !== entry.crc32) throw new DamagedArchive(`the sum of ${entry.fileNameRaw.toString()} is wrong`);
}

const longestTarget = 4096;

/** A link's content is where it points to. */
async function linkTarget(content: AsyncIterable<Buffer>, { path }: ZipFacts): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > longestTarget) throw new DamagedArchive(`the target of the link ${path} is too long`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// eslint-disable-next-line @typescript-eslint/require-await -- it is read like content that comes from a file
async function* nothing(): AsyncGenerator<Buffer> {
  yield* [];
}

const sharedData = 'entries of the archive share their data';

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Refuses entries that share their data: a few megabytes make petabytes that way (Fifield, "A better zip bomb"), and none
 * of the limits on one entry sees it.
 */
function checkSpans(spans: readonly Span[]): void {
  const inOrder = [...spans].sort((a, b) => a.from - b.from);
  for (const [index, { from }] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before !== undefined && from < before.to) throw new DamagedArchive(sharedData);
  }
}

const endOfDirectory = [0x06054b50, 0x06064b50];

/** After the last entry the end of the directory must come: another entry there would be one that is not counted. */
async function checkDirectoryEnd(zip: ZipFile, file: FileHandle): Promise<void> {
  const signature = Buffer.alloc(4);
  await file.read(signature, 0, 4, Number(zip.readEntryCursor));
  if (!endOfDirectory.includes(signature.readUInt32LE()))
    throw new DamagedArchive('the directory holds more entries than it says');
}
