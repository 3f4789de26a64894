import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sha256OfText } from '../../../scripts/core/text-hash.ts';
import { codecNamed, readStored, shortBytes } from '../../../scripts/dump/codec.ts';
import { createWriteBatch, storeCompressed, sumsAside } from '../../../scripts/dump/store.ts';
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

  test('loses nothing of a compressor or decompressor that has ended before anyone reads from it', async () => {
    const codec = await codecNamed(context, name);
    const path = join(temporaryFolder('codec'), 'file');
    const file = openSync(path, 'wx+');
    const compressor = codec.compressInto(file);
    compressor.input.end('short');
    await wait(300);
    await compressor.finished;
    closeSync(file);
    expect(await plainOf(path, name)).toBe('short');
    const decompressor = codec.decompress();
    decompressor.input.end(readFileSync(path));
    await wait(300);
    const chunks: Buffer[] = [];
    for await (const chunk of decompressor.output) chunks.push(chunk as Buffer);
    await decompressor.finished;
    expect(Buffer.concat(chunks).toString()).toBe('short');
  });

  const waysToSum = [
    { here: 'in this thread', sumsOf: undefined },
    { here: 'in another thread', sumsOf: sumsAside },
  ];
  test.each(waysToSum)(
    'stores pieces whose memory is used again, and hashes both sides $here',
    async ({ sumsOf }) => {
      const path = join(temporaryFolder('codec'), 'file');
      const writer = storeCompressed(path, await codecNamed(context, name), sumsOf);
      const batch = createWriteBatch(writer);
      const plain = createHash('sha256');
      for (let piece = 0; piece < 12; piece += 1) {
        // Half of it compresses.
        const data = Buffer.concat([randomBytes(400_000), Buffer.alloc(400_000, `piece ${piece} `)]);
        plain.update(data);
        await batch.add(data);
      }
      await batch.flush();
      const sum = await writer.finish();
      const stored = readFileSync(path);
      expect(sum.storedSha256).toBe(createHash('sha256').update(stored).digest('hex'));
      expect([sum.bytes, sum.storedBytes]).toEqual([9_600_000, stored.length]);
      const wanted = plain.digest('hex');
      expect(sum.sha256).toBe(wanted);
      const back = createHash('sha256');
      for await (const chunk of readStored(path, await codecNamed(context, name))) back.update(chunk);
      expect(back.digest('hex')).toBe(wanted);
    },
  );

  test.each(waysToSum)(
    'what is ended fails, and what it had written stays; hashed $here',
    async ({ sumsOf }) => {
      const path = join(temporaryFolder('codec'), 'file');
      const writer = storeCompressed(path, await codecNamed(context, name), sumsOf);
      await writer.write(randomBytes(1_000_000));
      writer.abort();
      await expect(writer.finish()).rejects.toThrow();
      expect(existsSync(path)).toBe(true);
    },
  );

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
      compressInto: () => {
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
