import { describe, expect, test } from 'vitest';
import { capture, captureBytes, findProgram, shell, stream } from '../../../scripts/system/processes.ts';

const context = { env: process.env };

describe('a captured program', () => {
  test.each([
    ['a blank', 'a b'],
    ['quotes', `it's "so"`],
    ['a dollar and a backtick', '$HOME `id`'],
    ['backslashes', 'a\\nb\\'],
    ['a line end', 'a\nb'],
    ['nothing', ''],
    ['letters beyond ASCII', 'é 🎉'],
  ])('gets its words as they are: %s', async (_title, word) => {
    const ran = await capture(context, 'printf', ['%s|', word, 'end']);
    expect(ran.stdout).toBe(`${word}|end|`);
  });

  test('is a value when it fails, not an error', async () => {
    expect(await capture(context, 'sh', ['-c', 'echo no >&2; exit 7'])).toMatchObject({
      code: 7,
      stderr: 'no\n',
    });
  });

  test('is not found with the shell’s own code', async () => {
    expect((await capture(context, '/nowhere/program', [])).code).toBe(127);
  });

  test('reads what it is given', async () => {
    expect((await capture(context, 'cat', [], { input: 'hello' })).stdout).toBe('hello');
  });

  test('hands out bytes that are no text', async () => {
    const input = Buffer.from([0, 255, 254, 10, 128]);
    expect((await captureBytes(context, 'cat', [], { input })).stdout).toEqual(input);
  });

  test('may end before it has read everything', async () => {
    const ran = await captureBytes(context, 'true', [], { input: Buffer.alloc(1_000_000) });
    expect(ran.code).toBe(0);
  });
});

test('a command line of the user’s runs in the shell', async () => {
  expect((await shell(context, 'echo a | tr a b; exit 3')).stdout).toBe('b\n');
});

test('a streamed program keeps the end of its errors only', async () => {
  const child = stream(context, 'sh', [
    '-c',
    'head -c 100000 /dev/zero | tr "\\0" x >&2; echo end >&2; echo out',
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(Buffer.concat(chunks).toString()).toBe('out\n');
  expect(child.stderrTail()).toHaveLength(16_383);
  expect(child.stderrTail().endsWith('xend')).toBe(true);
});

test('a program that cannot be started is an error that names it', async () => {
  await expect(stream(context, '/nowhere/program', []).exited).rejects.toMatchObject({
    code: 'program-failed',
  });
});

test('programs are found on PATH, in the folders of servers, and in a given folder only', async () => {
  expect(await findProgram(context, 'sh')).toMatch(/\/sh$/);
  expect(await findProgram({ env: { PATH: '' } }, 'ldconfig')).toMatch(/sbin\/ldconfig$/);
  expect(await findProgram(context, 'sh', '/nowhere')).toBeUndefined();
});
