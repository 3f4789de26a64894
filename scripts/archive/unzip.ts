import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  fromRandomAccessReaderPromise,
  RandomAccessReader,
  type Entry,
  type LocalFileHeader,
  type ZipFile,
} from 'yauzl';
import { DamagedArchive } from './byte-reader.ts';
import type { RawEntry } from './unpack.ts';

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
    const local = await damaged(zip.readLocalFileHeaderPromise(entry));
    const facts = entryFacts(entry, local);
    spans.push({ from: entry.relativeOffsetOfLocalHeader, to: local.fileDataStart + entry.compressedSize });
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
      content: target === undefined ? content : Readable.from([]),
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

/** What an entry of a zip archive is, in the words of the tar reader. */
interface ZipFacts {
  readonly path: string;
  readonly typeName: 'File' | 'Directory' | 'SymbolicLink' | 'Special';
  readonly mode: number;
}

/** Who wrote the external attributes, where they hold a Unix mode: Unix, or macOS (APPNOTE.TXT 4.4.2). */
const unixHosts: readonly number[] = [3, 19];
const encrypted = 0b1;
const sizesFollow = 0b1000;
const headersMasked = 1 << 13;
const unicodePath = 0x7075;
const zip64 = 0xffff_ffff;

/**
 * Takes the directory's entry and the header before its data together: pure.
 *
 * @throws DamagedArchive where they say two things, or one that cannot be read without a password
 */
function entryFacts(entry: Entry, local: LocalFileHeader): ZipFacts {
  // UTF-8, whether or not the entry says so: macOS does not. What is not becomes `\ufffd`, which the rules refuse.
  const path = entry.fileNameRaw.toString('utf8');
  const refuse = (what: string): never => {
    throw new DamagedArchive(`${what} (${JSON.stringify(path)})`);
  };
  if (((entry.generalPurposeBitFlag | local.generalPurposeBitFlag) & (encrypted | headersMasked)) !== 0)
    refuse('an entry is encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    refuse(`an entry is packed by method ${entry.compressionMethod}, not by deflate`);
  if (!local.fileName.equals(entry.fileNameRaw)) refuse('an entry has another name in its own header');
  if (local.compressionMethod !== entry.compressionMethod) refuse('an entry is packed in two ways');
  if ((local.generalPurposeBitFlag & sizesFollow) === 0 && !sameSizes(entry, local))
    refuse('an entry has another size or sum in its own header');
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize)
    refuse('an entry that is not packed has two sizes');
  const other = entry.extraFields.find(({ id }) => id === unicodePath)?.data.subarray(5);
  if (other !== undefined && !other.equals(entry.fileNameRaw)) refuse('an entry has two names');
  const { typeName, mode } = kindOf(entry, path);
  if (typeName === 'Directory' && entry.uncompressedSize !== 0) refuse('a folder has content');
  return { path, typeName, mode };
}

function sameSizes(entry: Entry, local: LocalFileHeader): boolean {
  // In a zip64 header the sizes stand in an extra field, where yauzl does not look for the local ones.
  const same = (ours: number, theirs: number): boolean => ours === theirs || ours === zip64;
  return (
    local.crc32 === entry.crc32 &&
    same(local.compressedSize, entry.compressedSize) &&
    same(local.uncompressedSize, entry.uncompressedSize)
  );
}

const formats: Readonly<Record<number, ZipFacts['typeName']>> = {
  0o100000: 'File',
  0o040000: 'Directory',
  0o120000: 'SymbolicLink',
};

function kindOf(entry: Entry, path: string): Pick<ZipFacts, 'typeName' | 'mode'> {
  const named = path.endsWith('/') ? 'Directory' : 'File';
  const usual = { typeName: named, mode: named === 'Directory' ? 0o755 : 0o644 } as const;
  if (!unixHosts.includes(entry.versionMadeBy >> 8)) return usual;
  const mode = entry.externalFileAttributes >>> 16;
  const format = mode & 0o170000;
  // Programs that know no modes write none at all.
  if (mode === 0) return usual;
  const typeName = format === 0 ? named : (formats[format] ?? 'Special');
  if ((typeName === 'Directory') !== (named === 'Directory'))
    throw new DamagedArchive(
      `an entry is a folder by its name or by its mode alone (${JSON.stringify(path)})`,
    );
  return { typeName, mode: mode & 0o7777 };
}
