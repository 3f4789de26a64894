import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { withoutSandboxLine } from '../../../scripts/dump/client/load.ts';

async function through(text: string, chunkSize: number): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.subarray(at, at + chunkSize));
  const out: Buffer[] = [];
  for await (const chunk of withoutSandboxLine(Readable.from(chunks))) out.push(chunk);
  return Buffer.concat(out).toString();
}

describe('the sandbox line', () => {
  const rest = '-- MariaDB dump 10.19\n/*!999999\\- enable the sandbox mode */ \n';

  it.each([1, 7, 64, 1000])('is taken off the head of a dump in chunks of %i bytes', async (size) => {
    for (const line of [
      '/*!999999\\- enable the sandbox mode */ \n',
      '/*M!999999\\- enable the sandbox mode */ \n',
    ])
      expect(await through(line + rest, size)).toBe(rest);
  });

  it.each(['', 'x', rest, '\n/*!999999\\- enable the sandbox mode */\n'])(
    'is not missed where there is none: %j',
    async (text) => {
      expect(await through(text, 5)).toBe(text);
    },
  );
});
