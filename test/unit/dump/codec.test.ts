import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sha256OfText } from '../../../scripts/core/text-hash.ts';
import { codecNamed, readStored, shortBytes } from '../../../scripts/dump/codec.ts';
import { storeCompressed } from '../../../scripts/dump/store.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';

const context = testContext();

async function plainOf(path: string, name: 'zstd' | 'gzip'): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readStored(path, await codecNamed(context, name))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(['zstd', 'gzip'] as const)('%s', (name) => {
  test('gives back what was stored, and its sums are of both', async () => {
    const path = join(temporaryFolder('codec'), 'file');
    const writer = storeCompressed(path, await codecNamed(context, name));
    for (let chunk = 0; chunk < 100; chunk += 1) await writer.write(Buffer.from('some text\n'.repeat(5000)));
    const sum = await writer.finish();
    expect(sum.bytes).toBe(5_000_000);
    expect(sum.storedBytes).toBe(readFileSync(path).length);
    expect(await plainOf(path, name)).toBe('some text\n'.repeat(500_000));
  });

  test('loses nothing of a compressor that has ended before anyone reads from it', async () => {
    const codec = await codecNamed(context, name);
    const compressor = codec.compress();
    compressor.input.end('short');
    await wait(300);
    const chunks: Buffer[] = [];
    for await (const chunk of compressor.output) chunks.push(chunk as Buffer);
    await compressor.finished;
    const path = join(temporaryFolder('codec'), 'file');
    writeFileSync(path, Buffer.concat(chunks));
    expect(await plainOf(path, name)).toBe('short');
  });

  test('a file that is cut off or not compressed at all is an error', async () => {
    const folder = temporaryFolder('codec');
    const path = join(folder, 'file');
    const writer = storeCompressed(path, await codecNamed(context, name));
    await writer.write(Buffer.from('some text\n'.repeat(5000)));
    await writer.finish();
    writeFileSync(join(folder, 'cut'), readFileSync(path).subarray(0, 20));
    writeFileSync(join(folder, 'plain'), 'no compressor has seen this');
    for (const file of ['cut', 'plain', 'absent'])
      await expect(plainOf(join(folder, file), name)).rejects.toMatchObject({ code: 'stored-unreadable' });
  });

  test('what is short takes no process, and what is longer is whole as well', async () => {
    const folder = temporaryFolder('codec');
    const codec = await codecNamed(context, name);
    const withoutProgram = {
      ...codec,
      compress: () => {
        throw new Error('a process');
      },
    };
    for (const length of [0, 1, shortBytes - 1, shortBytes, shortBytes + 1]) {
      const path = join(folder, String(length));
      const writer = storeCompressed(path, length <= shortBytes ? withoutProgram : codec);
      for (let at = 0; at < length; at += 1000)
        await writer.write(Buffer.from('x'.repeat(Math.min(1000, length - at))));
      const sum = await writer.finish();
      expect([sum.bytes, sum.storedBytes]).toEqual([length, readFileSync(path).length]);
      expect(sum.sha256).toBe(sha256OfText('x'.repeat(length)));
      expect(sum.storedSha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
      expect(await plainOf(path, name)).toBe('x'.repeat(length));
    }
  });

  test('a file that is there already is not written over', async () => {
    const path = join(temporaryFolder('codec'), 'file');
    writeFileSync(path, 'mine');
    const writer = storeCompressed(path, await codecNamed(context, name));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});
