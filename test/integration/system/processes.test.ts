import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  capture,
  captureBytes,
  findProgram,
  shell,
  stream,
} from '../../../scripts/system/process/processes.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { overWhenThere } from '../../helpers/time-over.ts';

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

  test.each([{}, { input: '' }, { input: Buffer.alloc(0) }])(
    'finds the end of its input where it is given none: %j',
    async (options) => {
      const late = { ...options, timeoutMs: 30_000 };
      expect(await shell(context, 'cat; echo read', late)).toMatchObject({ code: 0, stdout: 'read\n' });
    },
  );

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

describe('a command line with bounds', () => {
  const alive = (pid: number): boolean => {
    try {
      // What was ended and not yet waited for by init is there, and is no process any more.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  const pidsIn = (text: string): number[] => text.trim().split(/\s+/).map(Number);
  /** Where a command writes which processes it has started, and the file that it makes once it has. */
  const places = (): { file: string; begun: string } => {
    const folder = temporaryFolder('pids');
    return { file: join(folder, 'pids'), begun: join(folder, 'begun') };
  };

  test('is ended when its time is over, with all that it had started', async () => {
    const { file, begun } = places();
    const command = `sleep 600 & echo $! > ${file}; echo begun; : > ${begun}; sleep 600`;
    const ran = await shell(context, command, { timeoutMs: overWhenThere(begun) });
    expect(ran).toMatchObject({ ended: 'late', signal: 'SIGTERM', stdout: 'begun\n' });
    expect(pidsIn(readFileSync(file, 'utf8')).filter(alive)).toEqual([]);
  });

  test('is killed when it does not listen', async () => {
    const { begun } = places();
    const command = `trap '' TERM; echo begun; : > ${begun}; sleep 600; sleep 600`;
    const ran = await shell(context, command, { timeoutMs: overWhenThere(begun), graceMs: 300 });
    expect(ran).toMatchObject({ ended: 'late', signal: 'SIGKILL', stdout: 'begun\n' });
  });

  test.each([
    ['is still ending', "trap 'sleep 0.4; exit' TERM"],
    ['does not listen', "trap '' TERM"],
  ])('is not over while something that writes elsewhere %s', async (_title, trap) => {
    const { file, begun } = places();
    const work = `${trap}; sh -c 'echo $PPID' > ${file}; : > ${begun}; while :; do sleep 0.05; done`;
    const command = `echo begun; (${work}) > /dev/null 2>&1 & sleep 600`;
    const ran = await shell(context, command, { timeoutMs: overWhenThere(begun), graceMs: 800 });
    expect(ran).toMatchObject({ ended: 'late', signal: 'SIGTERM', stdout: 'begun\n' });
    const pids = pidsIn(readFileSync(file, 'utf8'));
    expect(pids).toHaveLength(1);
    expect(pids.filter(alive)).toEqual([]);
  });

  test('is ended by an interruption', async () => {
    const stop = new AbortController();
    const running = shell(context, 'sleep 600', { signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ ended: 'interrupted', signal: 'SIGTERM' });
    expect(await shell(context, 'sleep 600', { signal: stop.signal })).toMatchObject({
      ended: 'interrupted',
    });
  });

  test('is not waited for when something that left its group holds its output', async () => {
    const { file, begun } = places();
    const command = `setsid sh -c 'echo $$ > ${file}; : > ${begun}; exec sleep 600' & sleep 600`;
    const ran = await shell(context, command, { timeoutMs: overWhenThere(begun), graceMs: 300 });
    expect(ran).toMatchObject({ ended: 'late' });
    for (const pid of pidsIn(readFileSync(file, 'utf8'))) process.kill(pid);
  });

  test('is left alone within them', async () => {
    const ran = await shell(context, 'echo done; exit 3', { timeoutMs: 60_000 });
    expect(ran).toEqual({ code: 3, signal: null, stdout: 'done\n', stderr: '' });
  });
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
