import { xxh64 } from './xxh64.ts';

/**
 * A zstd frame that holds its content as it is, in one block, with its sum (RFC 8878, 3.1.1): what the zstd program reads like
 * any other. For a content of some kilobytes to start that program takes longer than everything else that is done with
 * it, and saves no block of the disk or a few.
 */

const magic = 0xfd2fb528;
/** Content in one segment, and a checksum behind it. */
const flags = 0b0010_0100;
/** The size of the content takes two bytes, in which 256 is 0. */
const longFlag = 0b0100_0000;
/** With the last block of a frame: bit 0; of what kind it is: bits 1 and 2, 0 for content as it is; its size: the rest. */
const lastBlock = 1;
const sumBytes = 4;

/** So many bytes fit into a frame of this kind. */
export const mostInFrame = 0xffff + 256;

/** The frame of a content of at most `mostInFrame` bytes. */
export function plainFrame(content: Buffer): Buffer {
  const isLong = content.length >= 256;
  const head = Buffer.alloc(isLong ? 10 : 9);
  head.writeUInt32LE(magic);
  head.writeUInt8(isLong ? flags | longFlag : flags, 4);
  const at = isLong ? head.writeUInt16LE(content.length - 256, 5) : head.writeUInt8(content.length, 5);
  head.writeUIntLE((content.length << 3) | lastBlock, at, 3);
  return Buffer.concat([head, content, sumOf(content)]);
}

/** The content of such a frame; undefined for everything else, one whose sum is wrong among it. */
export function contentOfPlainFrame(stored: Buffer): Buffer | undefined {
  const isLong = ((stored[4] ?? 0) & longFlag) !== 0;
  const content = stored.subarray(isLong ? 10 : 9, -sumBytes);
  return content.length <= mostInFrame && plainFrame(content).equals(stored) ? content : undefined;
}

function sumOf(content: Buffer): Buffer {
  const sum = Buffer.alloc(sumBytes);
  sum.writeUInt32LE(Number(xxh64(content) & 0xffff_ffffn));
  return sum;
}
