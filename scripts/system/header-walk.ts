import { cleanPax } from './pax.ts';

const blockSize = 512;
const inBlocks = (bytes: number): number => Math.ceil(bytes / blockSize) * blockSize;

/** More than any name takes; what is longer is refused. */
export const mostMetaBytes = 1 << 20;

/** The types of headers that say something of a later entry (POSIX pax, GNU tar, Solaris). */
const paxTypes = 'xgX';
const metaTypes = `${paxTypes}LKN`;

/**
 * Follows a tar archive by its headers ahead of node-tar, and cuts it so that what is said of a later entry is in one piece:
 * node-tar decodes each piece by itself, and a letter of several bytes that lies across two is lost. Pax headers are checked
 * and cleaned on the way.
 */
export class HeaderWalk {
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
