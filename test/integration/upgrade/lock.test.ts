import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { exists, makePrivateFolder } from '../../../scripts/system/files.ts';
import { ownIdentity, type ProcessIdentity } from '../../../scripts/system/process/identity.ts';
import { processStat } from '../../../scripts/system/process/process-group.ts';
import { withLock } from '../../../scripts/upgrade/lock.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';

const lockOf = (context: TestContext): string => join(context.projectDir, '.maj', 'lock');

async function leaveLock(context: TestContext, holder: ProcessIdentity): Promise<void> {
  await makePrivateFolder(join(context.projectDir, '.maj'));
  await writeFile(
    lockOf(context),
    JSON.stringify({ verb: 'upgrade', since: '2026-11-22T12:00:00Z', holder }),
  );
}

test('of two runs one works, the other is told who does, and the lock is gone afterwards', async () => {
  const context = testContext();
  await withLock(context, 'upgrade', async () => {
    await expect(withLock(context, 'backup', () => Promise.resolve())).rejects.toMatchObject({
      code: 'locked',
      exitCode: 5,
      message: expect.stringContaining('maj upgrade is at work') as string,
    });
  });
  expect(await exists(lockOf(context))).toBe(false);
  await withLock(context, 'backup', () => Promise.resolve());
});

test('a lock is given back when the work fails', async () => {
  const context = testContext();
  await expect(withLock(context, 'backup', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await exists(lockOf(context))).toBe(false);
});

test('the lock of a process that is dead is taken over', async () => {
  const context = testContext();
  const child = spawn('true');
  await new Promise((resolve) => child.once('close', resolve));
  await leaveLock(context, { ...ownIdentity(), pid: child.pid ?? 0 });
  expect(await withLock(context, 'backup', () => readFile(lockOf(context), 'utf8'))).toContain(
    '"verb":"backup"',
  );
});

test('the lock of a process that was killed, and that its parent never asks for, is taken over', async () => {
  const context = testContext();
  // The shell becomes a program that knows of no child.
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    const startTicks = processStat(pid)?.[19] ?? '';
    await leaveLock(context, { ...ownIdentity(), pid, startTicks });
    const work = (): Promise<unknown> => withLock(context, 'backup', () => Promise.resolve());
    await expect(work()).rejects.toMatchObject({ code: 'locked' });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => processStat(pid)?.[0]).toBe('Z');
    await work();
  } finally {
    parent.kill('SIGKILL');
  }
});

test('the lock of another process that got the same number is taken over', async () => {
  const context = testContext();
  await leaveLock(context, { ...ownIdentity(), startTicks: '1' });
  await withLock(context, 'backup', () => Promise.resolve());
});

test('the lock of before a reboot is taken over', async () => {
  const context = testContext();
  await leaveLock(context, { ...ownIdentity(), bootId: 'another' });
  await withLock(context, 'backup', () => Promise.resolve());
});

test('the lock of a process in another PID namespace is respected, though no process here has its number', async () => {
  const context = testContext();
  await leaveLock(context, { ...ownIdentity(), pid: 999_999_999, pidNamespace: '1' });
  const run = withLock(context, 'backup', () => Promise.resolve());
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'locked', exitCode: 5 });
  expect(describeError(error as MajError, en).hint).toMatch(/another container .* rm .*lock$/);
  expect(await exists(lockOf(context))).toBe(true);
});

test('a dead lock that does not tell its PID namespace, as older ones do not, is taken over', async () => {
  const context = testContext();
  for (const pidNamespace of [undefined, '']) {
    await leaveLock(context, { ...ownIdentity(), pid: 999_999_999, pidNamespace });
    await withLock(context, 'backup', () => Promise.resolve());
  }
});

test('the lock of another host is respected, and the way to remove it is told', async () => {
  const context = testContext();
  await leaveLock(context, { ...ownIdentity(), host: 'elsewhere' });
  await expect(withLock(context, 'backup', () => Promise.resolve())).rejects.toMatchObject({
    code: 'locked',
  });
  expect(await exists(lockOf(context))).toBe(true);
});

test('a lock that was cut off while it was written is taken over', async () => {
  const context = testContext();
  await makePrivateFolder(join(context.projectDir, '.maj'));
  await writeFile(lockOf(context), '{"verb":"upg');
  await withLock(context, 'backup', () => Promise.resolve());
});

test('what a run leaves that is killed while it takes a lock over is in nobody’s way, and is removed', async () => {
  const context = testContext();
  const dead = { ...ownIdentity(), bootId: 'another' };
  await leaveLock(context, dead);
  const lock = { verb: 'upgrade', since: '2026-11-22T12:00:00Z', holder: dead };
  const first = { ...lock, verb: 'backup', nonce: '1' };
  const folder = join(context.projectDir, '.maj');
  const guardOf = (guarded: unknown): string => {
    const content = createHash('sha256').update(JSON.stringify(guarded)).digest('hex');
    return join(folder, `lock.takeover-${content.slice(0, 16)}`);
  };
  await writeFile(guardOf(lock), JSON.stringify(first));
  await writeFile(guardOf(first), JSON.stringify({ ...first, nonce: '2' }));
  await writeFile(join(folder, 'lock.takeover'), 'of an earlier version');
  await writeFile(join(folder, 'lock.999999999-1234abcd'), '');
  await withLock(context, 'backup', () => Promise.resolve());
  expect(readdirSync(folder)).toEqual(['.gitignore']);
});

test('a lock that a run which lives is taking over is left to it', async () => {
  const context = testContext();
  const dead = { ...ownIdentity(), bootId: 'another' };
  await leaveLock(context, dead);
  const lock = { verb: 'upgrade', since: '2026-11-22T12:00:00Z', holder: dead };
  const content = createHash('sha256').update(JSON.stringify(lock)).digest('hex').slice(0, 16);
  const guard = join(context.projectDir, '.maj', `lock.takeover-${content}`);
  await writeFile(guard, JSON.stringify({ ...lock, holder: ownIdentity() }));
  await expect(withLock(context, 'backup', () => Promise.resolve())).rejects.toMatchObject({
    code: 'locked-meanwhile',
  });
});

test('of many runs that see the same dead lock exactly one works at a time', async () => {
  const context = testContext();
  await leaveLock(context, { ...ownIdentity(), bootId: 'another' });
  let inside = 0;
  let most = 0;
  const run = (): Promise<void> =>
    withLock(context, 'backup', async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, run));
  expect(most).toBe(1);
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
});

test('a lock that is gone by the time that it is read is not removed: what stands there may be another run’s', async () => {
  const context = testContext();
  await makePrivateFolder(join(context.projectDir, '.maj'));
  // To be made exclusively it is there, and to be read it is not: as a lock that is given back in between.
  await symlink('gone', lockOf(context));
  await expect(withLock(context, 'backup', () => Promise.resolve())).rejects.toMatchObject({
    code: 'locked-meanwhile',
    exitCode: 5,
  });
  expect(readdirSync(join(context.projectDir, '.maj'))).toEqual(['.gitignore', 'lock']);
});

test('a lock that is given back while another run reads it is taken, by one run at a time', async () => {
  const context = testContext();
  let inside = 0;
  let most = 0;
  let worked = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    worked += 1;
  };
  const again = async (): Promise<void> => {
    for (let round = 0; round < 150; round += 1)
      await withLock(context, 'backup', work).catch((error: unknown) => {
        expect(error).toMatchObject({ exitCode: 5 });
      });
  };
  await Promise.all(Array.from({ length: 6 }, again));
  expect(most).toBe(1);
  expect(worked).toBeGreaterThan(0);
});

test('a lock that was removed by hand, and is another run’s by now, stays when the first run ends', async () => {
  const context = testContext();
  // A lock is there before the work begins.
  const [firstIsOver, secondIsOver] = [signal(), signal()];
  const first = withLock(context, 'upgrade', () => firstIsOver.given);
  await expect.poll(() => exists(lockOf(context))).toBe(true);
  await expect.poll(() => readSync(lockOf(context))).toContain('"verb":"upgrade"');
  await rm(lockOf(context));
  const second = withLock(context, 'backup', () => secondIsOver.given);
  await expect.poll(() => readSync(lockOf(context))).toContain('"verb":"backup"');
  firstIsOver.give();
  await first;
  expect(readSync(lockOf(context))).toContain('"verb":"backup"');
  secondIsOver.give();
  await second;
  expect(await exists(lockOf(context))).toBe(false);
});

test('a lock is never there without the name of its holder, which another run would take for cut off', async () => {
  const context = testContext();
  const seen = new Set<string>();
  let over = false;
  const look = (): void => {
    const text = readSync(lockOf(context));
    if (text !== undefined) seen.add(text.replaceAll(/"(since|nonce)":"[^"]*"/g, ''));
    if (!over) setImmediate(look);
  };
  look();
  for (let round = 0; round < 100; round += 1) await withLock(context, 'backup', () => exists('/'));
  over = true;
  expect([...seen]).toEqual([expect.stringContaining('"verb":"backup"')]);
});

/** Something to wait for, which may have been given before anyone waits. */
function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

function readSync(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
