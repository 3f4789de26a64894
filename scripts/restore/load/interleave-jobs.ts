/** A piece of work for one worker; what it returns is work that has become possible, done before the rest. */
export type Job<W> = (worker: W) => Promise<readonly Job<W>[]>;

/** The work on one table. */
export interface JobList<T> {
  /** In the order in which they are to be begun. */
  readonly jobs: readonly { readonly job: T; readonly cost: number }[];
  /** What can be done only after all of them, by one worker; in the unit of their costs. */
  readonly costAfter: number;
}

/** A list that alone takes this share of the time that all work takes is waited for in the end. */
const nearlyWaitedFor = 0.9;

/**
 * Mixes lists of jobs into one, so that workers who take them in turn end at about the same time: from the list with the
 * most work left, and not twice in a row from the same one, since two connections that fill one table wait for each
 * other's hold on its index. That is worth it only for a list which the others would have to wait for. The order within a
 * list stays. Pure.
 *
 * @param workers how many take from it
 */
export function interleave<T>(lists: readonly JobList<T>[], workers: number): T[] {
  const left = lists.map(({ jobs, costAfter }, place) => ({
    jobs: [...jobs],
    cost: costAfter + jobs.reduce((sum, { cost }) => sum + cost, 0),
    place,
  }));
  let cost = left.reduce((sum, list) => sum + list.cost, 0);
  // Kept in order as it gets shorter: thousands of tables would take seconds to be sorted for each job.
  const open = left.filter(({ jobs }) => jobs.length > 0).sort(longestFirst);
  const order: T[] = [];
  let last: (typeof left)[number] | undefined;
  for (;;) {
    const [longest] = open;
    const waits =
      longest !== undefined && longest === last && longest.cost < (nearlyWaitedFor * cost) / workers;
    const [next] = open.splice(waits && open.length > 1 ? 1 : 0, 1);
    const taken = next?.jobs.shift();
    if (next === undefined || taken === undefined) return order;
    order.push(taken.job);
    next.cost -= taken.cost;
    cost -= taken.cost;
    last = next;
    if (next.jobs.length > 0) open.splice(placeIn(open, next), 0, next);
  }
}

interface Remaining {
  readonly cost: number;
  readonly place: number;
}

const longestFirst = (a: Remaining, b: Remaining): number => b.cost - a.cost || a.place - b.place;

/** Where a list belongs among others that are in order. */
function placeIn(open: readonly Remaining[], list: Remaining): number {
  let [from, to] = [0, open.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const there = open[middle];
    if (there !== undefined && longestFirst(there, list) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
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
