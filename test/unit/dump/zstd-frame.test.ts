import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { contentOfPlainFrame, mostInFrame, plainFrame } from '../../../scripts/dump/zstd-frame.ts';
import { createNoise } from '../../bench/noise.ts';

const noise = createNoise(1);
// Where the head gets longer, and where the steps of the sum begin and end.
const sizes = [0, 1, 3, 4, 7, 8, 31, 32, 33, 63, 255, 256, 257, 1000, 16_384, mostInFrame];

describe('a plain frame', () => {
  test.each(sizes)('of %i bytes is read by the zstd program, its sum included', (size) => {
    const content = noise.bytes(size);
    const frame = plainFrame(content);
    expect(execFileSync('zstd', ['-q', '-d', '-c'], { input: frame }).equals(content)).toBe(true);
    expect(contentOfPlainFrame(frame)?.equals(content)).toBe(true);
  });

  test('is not read where a bit of it is another one, or a byte is missing or too many', () => {
    const frame = plainFrame(Buffer.from('INSERT INTO t VALUES (1);\n'));
    for (let at = 0; at < frame.length; at += 1) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 1, at);
      expect(contentOfPlainFrame(damaged)).toBeUndefined();
    }
    for (let length = 0; length < frame.length; length += 1)
      expect(contentOfPlainFrame(frame.subarray(0, length))).toBeUndefined();
    expect(contentOfPlainFrame(Buffer.concat([frame, Buffer.alloc(1)]))).toBeUndefined();
  });

  test('is told from what the zstd program makes', () => {
    const made = execFileSync('zstd', ['-q', '-c', '-1'], { input: 'some text '.repeat(100) });
    expect(contentOfPlainFrame(made)).toBeUndefined();
  });
});
