import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWriteBatch } from '../../../scripts/dump/store.ts';

test('a batch hands on every byte in order, in pieces of 1 MB and a rest', async () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 2_500_000 })),
    {
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(sizes, async (pieces) => {
      const data = pieces.map((size, index) => Buffer.alloc(size, `piece ${index} `));
      const written: Buffer[] = [];
      const batch = createWriteBatch({
        write: (piece) => {
          // Its bytes are the next pieces' again.
          written.push(Buffer.from(piece));
          return Promise.resolve();
        },
      });
      for (const piece of data) await batch.add(piece);
      await batch.flush();
      await batch.flush();
      expect(Buffer.concat(written).equals(Buffer.concat(data))).toBe(true);
      expect(written.slice(0, -1).every(({ length }) => length === 1024 * 1024)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('a batch keeps what it was given, whatever becomes of the buffer that it came in', async () => {
  const written: string[] = [];
  const batch = createWriteBatch({
    write: (piece) => {
      written.push(piece.toString());
      return Promise.resolve();
    },
  });
  const scratch = Buffer.from('first');
  await batch.add(scratch);
  scratch.write('other');
  await batch.flush();
  expect(written).toEqual(['first']);
});
