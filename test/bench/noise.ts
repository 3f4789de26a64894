import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that do not compress, and numbers made of them: the same for the same seed. */
export interface Noise {
  bytes(count: number): Buffer;
  /** A whole number from 0 to `below`. */
  below(below: number): number;
}

/** The key stream of a cipher: as good as random, and made faster than a disk takes it. */
export function createNoise(seed: number): Noise {
  const key = createHash('sha256').update(`seed ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const bytes = (count: number): Buffer => cipher.update(Buffer.alloc(count));
  return { bytes, below: (below) => bytes(4).readUInt32LE() % below };
}

const words =
  'function return class public const array string if else foreach => $this-> null true new use <div class=" </div> échéance salarié heures projet validé 2026 id name value'.split(
    ' ',
  );

/** A text of so many bytes, as a programmer writes it: words that come again, numbers that do not. */
export function sourceText(noise: Noise, bytes: number): Buffer {
  const lines: string[] = [];
  let length = 0;
  while (length < bytes) {
    const line = Array.from({ length: 3 + noise.below(10) }, () =>
      noise.below(6) === 0 ? noise.below(100_000).toString(36) : (words[noise.below(words.length)] ?? ''),
    ).join(' ');
    lines.push(' '.repeat(2 * noise.below(5)) + line);
    length += Buffer.byteLength(line) + 1;
  }
  return Buffer.from(lines.join('\n')).subarray(0, bytes);
}
