import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { normalChunks } from '../../../scripts/sql/normalize-text.ts';

async function normal(chunks: readonly Buffer[]): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const chunk of normalChunks(Readable.from(chunks), 'x.sql')) found.push(chunk);
  return Buffer.concat(found);
}

const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
};

const piece = fc.constantFrom('a', 'SELECT', '\n', '\r\n', '\r', '\r\r\n', 'é', '€', '😀', '\ufeff', "'");
const places = fc.array(fc.nat(), { maxLength: 8 });

describe('a script is brought to one form', () => {
  test('with LF line ends and no byte order mark, wherever its chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), places, async (pieces, places) => {
        const bytes = Buffer.from(pieces.join(''));
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
        expect((await normal(cut(bytes, places))).toString()).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('and refused where a decoder would refuse it, or where it holds a zero byte', async () => {
    const bytes = fc
      .array(
        fc.constantFrom(
          ...[
            [97],
            [13, 10],
            [0xc3, 0xa9],
            [0xc3],
            [0xa9],
            [0xe2, 0x82],
            [0xe2, 0x82, 0xac],
            [0xf0, 0x9f, 0x98],
          ],
          ...[
            [0xf0, 0x9f, 0x98, 0x80],
            [0xff],
            [0xed, 0xa0, 0x80],
            [0xc0, 0x80],
            [0xf4, 0x90, 0x80, 0x80],
            [0],
          ],
        ),
        { maxLength: 6 },
      )
      .map((parts) => Buffer.from(parts.flat()));
    await fc.assert(
      fc.asyncProperty(bytes, places, async (bytes, places) => {
        let text: string | undefined;
        try {
          text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          text = undefined;
        }
        const outcome = normal(cut(bytes, places));
        if (text === undefined || text.includes('\0'))
          await expect(outcome).rejects.toMatchObject({ code: 'migration-encoding', exitCode: 3 });
        else expect((await outcome).toString()).toBe(text.replaceAll('\r\n', '\n'));
      }),
      { numRuns: 2000 },
    );
  });

  test('and only the first byte order mark is none of it', async () => {
    const mark = Buffer.from('\ufeff');
    expect((await normal([mark.subarray(0, 1), mark.subarray(1), mark, Buffer.from('a')])).toString()).toBe(
      '\ufeffa',
    );
  });
});
