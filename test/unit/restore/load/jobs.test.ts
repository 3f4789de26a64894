import { expect, test } from 'vitest';
import { interleave, runJobs, type Job } from '../../../../scripts/restore/load/interleave-jobs.ts';

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

const list = (name: string, count: number, costAfter = 0, cost = 10) => ({
  jobs: Array.from({ length: count }, () => ({ job: name, cost })),
  costAfter,
});

test.each([
  { lists: [], order: '', what: 'nothing' },
  { lists: [list('a', 3)], order: 'aaa', what: 'one list' },
  {
    lists: [list('a', 3), list('b', 2), list('c', 1)],
    order: 'ababac',
    what: 'neighbours from different lists',
  },
  {
    lists: [list('a', 1), list('b', 3)],
    order: 'bbab',
    what: 'a list longer than a share of all, twice in a row',
  },
  { lists: [list('a', 2), list('b', 2, 60)], order: 'bbaa', what: 'what comes after the jobs of a list' },
  { lists: [list('a', 2, 0, 1), list('b', 2, 0, 10)], order: 'bbaa', what: 'costs, and not numbers' },
])('jobs are mixed by $what', ({ lists, order }) => {
  expect(interleave(lists, 2).join('')).toBe(order);
});

test('of three workers one alone fills a table that is not waited for', () => {
  expect(interleave([list('a', 4), list('b', 4), list('c', 4)], 3).join('')).toBe('abcabcabcabc');
});
