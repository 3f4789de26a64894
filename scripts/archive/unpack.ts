import { Parser, type ReadEntry } from 'tar';
import { DamagedArchive } from './byte-reader.ts';
import { blockSize, cleanPax, inBlocks } from './pax.ts';

/** One entry as the archive has it, with its content to be read before the next one comes. */
export interface RawEntry {
  readonly path: string;
  readonly typeName: string;
  readonly mode: number;
  readonly bytes: number;
  readonly target: string | undefined;
  readonly content: AsyncIterable<Buffer>;
}

/** An archive ends with two blocks of zeros. */
const endSize = 2 * blockSize;

/**
 * Reads a tar archive from its first byte to its last, and hands out its entries one by one. Strict: what node-tar
 * would only warn of or skip is an error; so is anything after the archive's end, and an end that is missing
 * (node-tar takes a plain tar cut between two entries for a whole one).
 *
 * @param meter told the bytes read so far; throws to stop
 * @throws DamagedArchive; whatever `onEntry` and `meter` throw
 */
export async function readTar(
  source: AsyncIterable<Buffer>,
  onEntry: (entry: RawEntry) => Promise<void>,
  meter: (unpacked: number) => void,
): Promise<void> {
  const headers = new HeaderWalk();
  const reader = new EntryReader(onEntry, headers);
  try {
    let unpacked = 0;
    /** The place behind the last byte that is not zero. */
    let used = 0;
    let tail: Buffer = Buffer.alloc(0);
    for await (const chunk of source) {
      const usedHere = usedBytes(chunk);
      if (usedHere > 0) used = unpacked + usedHere;
      unpacked += chunk.length;
      meter(unpacked);
      tail = (chunk.length >= endSize ? chunk : Buffer.concat([tail, chunk])).subarray(-endSize);
      await reader.write(headers.take(chunk));
    }
    await reader.write(headers.rest());
    await reader.end();
    if (used > headers.end) throw new DamagedArchive(afterEnd);
    if (tail.length < endSize || tail.some((byte) => byte !== 0))
      throw new DamagedArchive('the end of the archive is missing');
  } catch (error) {
    await reader.abandon();
    throw error;
  }
}

const afterEnd = 'there is something after the end of the archive';

/** How many bytes there are up to the last one that is not zero. */
function usedBytes(chunk: Buffer): number {
  let length = chunk.length;
  while (length > 0 && chunk[length - 1] === 0) length -= 1;
  return length;
}

/** node-tar's parser, with promises: entries in order, one at a time, and its first complaint is an error. */
class EntryReader {
  readonly #parser = new Parser({
    strict: true,
    maxMetaEntrySize: mostMetaBytes,
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
  });
  readonly #onEntry: (entry: RawEntry) => Promise<void>;
  #work: Promise<void> = Promise.resolve();
  #atEnd = false;
  #failure: Error | undefined;
  /** Ends whatever waits for the parser or for content. Not a promise to race: that would keep each of the races. */
  readonly #waiting = new Set<(reason: Error) => void>();

  constructor(onEntry: (entry: RawEntry) => Promise<void>, headers: HeaderWalk) {
    this.#onEntry = onEntry;
    this.#parser.on('error', (error: Error) => this.#fail(new DamagedArchive(error.message)));
    this.#parser.on('ignoredEntry', (entry: ReadEntry) =>
      this.#fail(
        new DamagedArchive(`an entry of the type ${entry.type}, which cannot be unpacked (${entry.path})`),
      ),
    );
    this.#parser.on('entry', (entry: ReadEntry) => {
      if (headers.sizes.shift() !== entry.size)
        this.#fail(new DamagedArchive('the headers of the archive can be read in two ways'));
      // In order: an entry's content may be read to its end before the work on it is.
      this.#work = this.#work.then(() => this.#workOn(entry));
    });
    this.#parser.on('eof', () => {
      this.#atEnd = true;
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    // node-tar ignores what follows two blocks of zeros.
    if (!this.#atEnd) {
      if (!this.#parser.write(chunk)) await this.#comes('drain');
      if (this.#failure !== undefined) throw this.#failure;
    }
    // What comes after the end is not given to node-tar, which would keep it all in memory.
    else if (chunk.some((byte) => byte !== 0)) throw new DamagedArchive(afterEnd);
  }

  async end(): Promise<void> {
    const ended = this.#comes('end');
    this.#parser.end();
    await ended;
    await this.#work;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Lets the work on the current entry fail, which waits for content that will not come, and waits for its end. */
  async abandon(): Promise<void> {
    this.#fail(new DamagedArchive('it was not read to its end'));
    await this.#work;
  }

  async #workOn(entry: ReadEntry): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#onEntry(this.#rawEntry(entry));
      entry.resume();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    for (const stop of this.#waiting) stop(this.#failure);
    this.#waiting.clear();
  }

  /** Waits for something that never comes once the reading has failed. */
  #waitFor<T>(start: (resolve: (value: T) => void, reject: (reason: Error) => void) => void): Promise<T> {
    const waited = new Promise<T>((resolve, reject) => {
      const settle =
        <V>(how: (value: V) => void) =>
        (value: V): void => {
          this.#waiting.delete(stop);
          how(value);
        };
      const stop = (reason: Error): void => reject(reason);
      this.#waiting.add(stop);
      start(settle(resolve), settle(reject));
      if (this.#failure !== undefined) reject(this.#failure);
    });
    // It may fail before it is awaited.
    waited.catch(() => undefined);
    return waited;
  }

  #comes(event: string): Promise<void> {
    return this.#waitFor((resolve) => this.#parser.once(event, () => resolve()));
  }

  #rawEntry(entry: ReadEntry): RawEntry {
    return {
      path: entry.path,
      typeName: entry.type,
      mode: entry.mode ?? 0,
      bytes: entry.size,
      target: entry.linkpath,
      content: this.#contentOf(entry),
    };
  }

  async *#contentOf(entry: ReadEntry): AsyncGenerator<Buffer> {
    const chunks = entry[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#waitFor<IteratorResult<Buffer, void>>((resolve, reject) => {
        chunks.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  }
}

/** More than any name takes; what is longer is refused. */
const mostMetaBytes = 1 << 20;

/** The types of headers that say something of a later entry (POSIX pax, GNU tar, Solaris). */
const paxTypes = 'xgX';
const metaTypes = `${paxTypes}LKN`;

/**
 * Follows a tar archive by its headers ahead of node-tar, and cuts it so that what is said of a later entry is in one piece:
 * node-tar decodes each piece by itself, and a letter of several bytes that lies across two is lost. Pax headers are checked
 * and cleaned on the way.
 */
class HeaderWalk {
  /** Sizes of the entries found, oldest first: whoever reads them takes them away, and finds the same ones or two readings. */
  readonly sizes: number[] = [];
  #held: Buffer = Buffer.alloc(0);
  #position = 0;
  #contentLeft = 0;
  #sizeOfNext: number | undefined;
  #emptyBlocks = 0;
  #ended = false;
  #end = 0;

  /** Where the entries end that were found, in bytes from the start of the archive. */
  get end(): number {
    return this.#end;
  }

  /**
   * What may be read on with, now that this has come; the rest is held back until more comes.
   *
   * @throws DamagedArchive
   */
  take(chunk: Buffer): Buffer {
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (!this.#ended && at < data.length) {
      const content = Math.min(this.#contentLeft, data.length - at);
      this.#contentLeft -= content;
      at += content;
      const header = this.#contentLeft > 0 ? 0 : this.#headerLength(data.subarray(at), this.#position + at);
      if (header === 0) break;
      at += header;
    }
    const length = this.#ended ? data.length : at;
    this.#held = data.subarray(length);
    this.#position += length;
    return data.subarray(0, length);
  }

  /** What is still held back at the end of the archive: a part of a header. */
  rest(): Buffer {
    return this.#held;
  }

  /** The length of the header that data begins with, and of all that belongs to it; 0 where it is not all there. */
  #headerLength(data: Buffer, position: number): number {
    if (data.length < blockSize) return 0;
    const block = data.subarray(0, blockSize);
    if (block.every((byte) => byte === 0)) {
      this.#emptyBlocks += 1;
      this.#ended = this.#emptyBlocks === 2;
      return blockSize;
    }
    this.#emptyBlocks = 0;
    const type = block.toString('latin1', 156, 157);
    const size = sizeIn(block);
    if (size === undefined) {
      // No header: node-tar says why. If it takes it for one, the sizes differ.
      this.#ended = true;
      return blockSize;
    }
    if (metaTypes.includes(type) && size <= mostMetaBytes) {
      const length = blockSize + inBlocks(size);
      if (data.length < length) return 0;
      if (paxTypes.includes(type))
        this.#sizeOfNext =
          cleanPax(data.subarray(blockSize, blockSize + size), type === 'g') ?? this.#sizeOfNext;
      this.#end = position + length;
      return length;
    }
    const bytes = type === '5' ? 0 : (this.#sizeOfNext ?? size);
    this.#sizeOfNext = undefined;
    this.sizes.push(bytes);
    this.#contentLeft = inBlocks(bytes);
    this.#end = position + blockSize + this.#contentLeft;
    return blockSize;
  }
}

/** The size that a header gives, in octal digits or, with the first bit set, as a number of 95 bits. */
function sizeIn(block: Buffer): number | undefined {
  if (block[124] === 0x80) {
    const size = Number(block.readBigUInt64BE(128));
    return block.readUIntBE(125, 3) === 0 && Number.isSafeInteger(size) ? size : undefined;
  }
  const [text = ''] = block.toString('latin1', 124, 136).split('\0');
  return /^[0-7]*$/.test(text.trim()) ? Number.parseInt(text.trim() || '0', 8) : undefined;
}
