import { expect, test } from 'vitest';
import { interleaved, runJobs, type Job } from '../../../../scripts/backup/load/jobs.ts';

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('every job is done once, each worker at one at a time, and what follows from a job goes first', async () => {
  const done: string[] = [];
  const busy = new Set<number>();
  const job =
    (name: string, then: readonly Job<number>[] = []): Job<number> =>
    async (worker) => {
      expect(busy.has(worker)).toBe(false);
      busy.add(worker);
      await pause();
      busy.delete(worker);
      done.push(name);
      return then;
    };
  await runJobs([1], [job('a', [job('a1'), job('a2', [job('a3')])]), job('b')], () => undefined);
  expect(done).toEqual(['a', 'a1', 'a2', 'a3', 'b']);
  done.length = 0;
  await runJobs([1, 2, 3], [job('a', [job('x'), job('y'), job('z')])], () => undefined);
  expect(done.toSorted()).toEqual(['a', 'x', 'y', 'z']);
});

test('the first failure stops everything, once, and is the one that is thrown', async () => {
  let begun = 0;
  let stopped = 0;
  const failing: Job<number> = async () => {
    begun += 1;
    await pause();
    throw new Error('first');
  };
  const endless: Job<number> = async () => {
    begun += 1;
    while (stopped === 0) await pause();
    throw new Error('second');
  };
  await expect(runJobs([1, 2], [failing, endless, failing, failing], () => (stopped += 1))).rejects.toThrow(
    'first',
  );
  expect([begun, stopped]).toEqual([2, 1]);
});

test('no jobs are done at once', async () => {
  await runJobs([1, 2], [], () => undefined);
});

test.each([
  [[], ''],
  [['aaa'], 'aaa'],
  [['aaa', 'bb', 'c'], 'ababac'],
  [['aaaa', 'b'], 'abaaa'],
  [['a', 'bbb'], 'babb'],
])('the jobs of %j are mixed as %s', (lists, mixed) => {
  expect(interleaved(lists.map((list) => Array.from(list))).join('')).toBe(mixed);
});
