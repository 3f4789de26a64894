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

const p1 = 0x9e3779b185ebca87n;
const p2 = 0xc2b2ae3d27d4eb4fn;
const p3 = 0x165667b19e3779f9n;
const p4 = 0x85ebca77c2b2ae63n;
const p5 = 0x27d4eb2f165667c5n;

const uint64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated = (value: bigint, by: bigint): bigint => uint64(value << by) | (value >> (64n - by));
const round = (sum: bigint, lane: bigint): bigint => uint64(rotated(uint64(sum + lane * p2), 31n) * p1);

/**
 * The checksum XXH64 with the seed 0, which zstd puts behind a frame (xxHash, doc/xxhash_spec.md). 17 ns a byte: it is for
 * short contents.
 */
function xxh64(data: Buffer): bigint {
  let at = 0;
  let sum: bigint = p5;
  if (data.length >= 32) {
    let lanes = [uint64(p1 + p2), p2, 0n, uint64(-p1)];
    for (; at + 32 <= data.length; at += 32) {
      const from = at;
      lanes = lanes.map((lane, index) => round(lane, data.readBigUInt64LE(from + index * 8)));
    }
    const turns = [1n, 7n, 12n, 18n];
    sum = uint64(lanes.reduce((all, lane, index) => all + rotated(lane, turns[index] ?? 0n), 0n));
    for (const lane of lanes) sum = uint64((sum ^ round(0n, lane)) * p1 + p4);
  }
  sum = uint64(sum + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8)
    sum = uint64(rotated(sum ^ round(0n, data.readBigUInt64LE(at)), 27n) * p1 + p4);
  for (; at + 4 <= data.length; at += 4)
    sum = uint64(rotated(sum ^ uint64(BigInt(data.readUInt32LE(at)) * p1), 23n) * p2 + p3);
  for (; at < data.length; at += 1) sum = uint64(rotated(sum ^ uint64(BigInt(data[at] ?? 0) * p5), 11n) * p1);
  sum = uint64((sum ^ (sum >> 33n)) * p2);
  sum = uint64((sum ^ (sum >> 29n)) * p3);
  return sum ^ (sum >> 32n);
}
