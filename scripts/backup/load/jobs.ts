/** A piece of work for one worker; what it returns is work that has become possible, done before the rest. */
export type Job<W> = (worker: W) => Promise<readonly Job<W>[]>;

/**
 * Mixes lists of jobs into one, in which neighbours are of different lists as far as they can be, the longest list first:
 * two connections that fill one table wait for each other's hold on its index. The order within a list stays. Pure.
 */
export function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const left = lists.map((list) => [...list]);
  const mixed: T[] = [];
  let last: T[] | undefined;
  for (;;) {
    const others = left.filter((list) => list.length > 0 && list !== last);
    const candidates = others.length > 0 ? others : left.filter((list) => list.length > 0);
    const next = candidates.toSorted((a, b) => b.length - a.length)[0];
    const item = next?.shift();
    if (item === undefined) return mixed;
    mixed.push(item);
    last = next;
  }
}

/**
 * Lets workers do jobs, each one at a time, in order, until none is left. After a failure no job is begun; when those
 * that were under way have ended, the first failure is thrown.
 *
 * @param onFailure called once, at the first failure, to end what is under way
 */
export async function runJobs<W>(
  workers: readonly W[],
  jobs: readonly Job<W>[],
  onFailure: () => void,
): Promise<void> {
  const queue = [...jobs];
  const failures: unknown[] = [];
  const waiting: (() => void)[] = [];
  let active = 0;

  const wakeAll = (): void => {
    for (const wake of waiting.splice(0)) wake();
  };
  const work = async (worker: W): Promise<void> => {
    while (failures.length === 0) {
      const job = queue.shift();
      if (job === undefined) {
        if (active === 0) return;
        await new Promise<void>((wake) => waiting.push(wake));
        continue;
      }
      active += 1;
      try {
        queue.unshift(...(await job(worker)));
      } catch (error) {
        const count = failures.push(error);
        if (count === 1) onFailure();
      } finally {
        active -= 1;
        wakeAll();
      }
    }
  };
  await Promise.all(workers.map(work));
  if (failures.length > 0) throw failures[0];
}
