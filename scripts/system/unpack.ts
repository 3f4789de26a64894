import { Parser, type ReadEntry } from 'tar';

/** One entry as the archive has it, with its content to be read before the next one comes. */
export interface RawEntry {
  readonly path: string;
  readonly typeName: string;
  readonly mode: number;
  readonly bytes: number;
  readonly target: string | undefined;
  readonly content: AsyncIterable<Buffer>;
}

/** An archive that is not what it should be: cut off, damaged, or no tar archive at all. */
export class DamagedArchive extends Error {}

const blockSize = 512;
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
  const reader = new EntryReader(onEntry);
  try {
    let unpacked = 0;
    let tail: Buffer = Buffer.alloc(0);
    for await (const chunk of source) {
      unpacked += chunk.length;
      meter(unpacked);
      tail = (chunk.length >= endSize ? chunk : Buffer.concat([tail, chunk])).subarray(-endSize);
      await reader.write(chunk);
    }
    await reader.end();
    if (tail.length < endSize || tail.some((byte) => byte !== 0))
      throw new DamagedArchive('the end of the archive is missing');
  } catch (error) {
    await reader.abandon();
    throw error;
  }
}

/** node-tar's parser, with promises: entries in order, one at a time, and its first complaint is an error. */
class EntryReader {
  readonly #parser = new Parser({ strict: true, maxDecompressionRatio: Number.POSITIVE_INFINITY });
  readonly #broken: Promise<never>;
  /** Rejects when no more content will come. */
  readonly #abandoned: Promise<never>;
  #abandon: (reason: Error) => void = () => undefined;
  #work: Promise<void> = Promise.resolve();
  #atEnd = false;

  constructor(onEntry: (entry: RawEntry) => Promise<void>) {
    this.#broken = new Promise((_resolve, reject) => {
      const damaged = (reason: string): void => reject(new DamagedArchive(reason));
      this.#parser.on('error', (error: Error) => damaged(error.message));
      this.#parser.on('ignoredEntry', (entry: ReadEntry) =>
        damaged(`an entry of the type ${entry.type}, which cannot be unpacked (${entry.path})`),
      );
      this.#parser.on('entry', (entry: ReadEntry) => {
        // In order: an entry's content may be read to its end before the work on it is.
        this.#work = this.#work.then(() => onEntry(this.#rawEntry(entry)));
        this.#work = this.#work.then(() => entry.resume());
        this.#work.catch(reject);
      });
    });
    this.#abandoned = new Promise((_resolve, reject) => {
      this.#abandon = reject;
    });
    // They are raced below, but may fail before.
    this.#broken.catch(() => undefined);
    this.#abandoned.catch(() => undefined);
    this.#parser.on('eof', () => {
      this.#atEnd = true;
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (!this.#atEnd) {
      const drained = this.#comes('drain');
      if (!this.#parser.write(chunk)) await Promise.race([drained, this.#broken]);
    }
    // What comes after the end is not given to node-tar, which would keep it all in memory.
    else if (chunk.some((byte) => byte !== 0))
      throw new DamagedArchive('there is something after the end of the archive');
  }

  async end(): Promise<void> {
    const ended = this.#comes('end');
    this.#parser.end();
    await Promise.race([ended, this.#broken]);
    await this.#work;
  }

  /** Lets the work on the current entry fail, which waits for content that will not come, and waits for its end. */
  async abandon(): Promise<void> {
    this.#abandon(new DamagedArchive('it was not read to its end'));
    await this.#work.catch(() => undefined);
  }

  /** Not events.once, which would fail with node-tar's own error before `broken` does with ours. */
  #comes(event: string): Promise<void> {
    return new Promise((resolve) => this.#parser.once(event, () => resolve()));
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
      // Raced: a stream of node-tar's that gets no more content is never ended.
      const next = await Promise.race([chunks.next(), this.#abandoned]);
      if (next.done === true) return;
      yield next.value;
    }
  }
}
