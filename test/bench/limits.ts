/** A figure that has a limit, from the issue that set it. */
export interface Limit {
  readonly name: string;
  readonly most: number;
  readonly unit: 'times' | 'bytes' | 'seconds';
}

/** What must hold; a `times` is ours divided by the plain tool's, in the same run on the same data. */
export const limits = {
  backupAgainstGzip: { name: 'maj backup (database) against dump | gzip', most: 0.5, unit: 'times' },
  backupAgainstDump: { name: 'maj backup (database) against dump >/dev/null', most: 2.2, unit: 'times' },
  secondBackup: { name: 'disk that a second backup takes, nothing changed', most: 0.05, unit: 'times' },
  restore: { name: 'full restore against client < dump.sql', most: 0.5, unit: 'times' },
  differential: { name: 'differential restore, one table changed', most: 0.25, unit: 'times' },
  proof: { name: 'proof (load, dump to hashes)', most: 0.65, unit: 'times' },
  files: { name: 'maj backup of the files against tar -czf', most: 0.55, unit: 'times' },
  secondFiles: { name: 'disk that a second backup of the files takes', most: 0.05, unit: 'times' },
  tablesBackup: {
    name: 'maj backup (database) of many tables against dump >/dev/null',
    most: 2.5,
    unit: 'times',
  },
  tablesProof: { name: 'maj verify --full of many tables against dump >/dev/null', most: 6, unit: 'times' },
  migrations: { name: 'a thousand migrations against client < file', most: 2, unit: 'times' },
  seed: { name: 'a seed script against client < file', most: 1.3, unit: 'times' },
  seedMemory: { name: 'peak memory with the seed script', most: 150_000_000, unit: 'bytes' },
  window: { name: 'window beyond its backup’s and its migrations’ own time', most: 2, unit: 'seconds' },
  uploads: { name: 'what uploads add to the window of an upgrade', most: 3, unit: 'seconds' },
  prediction: {
    name: 'what the prediction of the window is off by, of the window',
    most: 0.3,
    unit: 'times',
  },
  gateOpen: {
    name: 'what the hook adds to a push with a valid receipt, in starts of Node',
    most: 5,
    unit: 'times',
  },
  gateElsewhere: {
    name: 'what the hook adds to a push to another branch, in starts of Node',
    most: 3,
    unit: 'times',
  },
  help: { name: 'maj --help, in starts of Node', most: 5, unit: 'times' },
  memory: { name: 'peak memory of the process', most: 200_000_000, unit: 'bytes' },
  switch: { name: 'switch of the files, in the window of an upgrade in place', most: 1, unit: 'seconds' },
  memoryGrowth: { name: 'growth of the peak per GB of database', most: 10_000_000, unit: 'bytes' },
} as const satisfies Readonly<Record<string, Limit>>;

/** A figure held against its limit. */
export interface Figure {
  readonly limit: keyof typeof limits;
  /** What it was measured on, where there are several: `restore, 4000 MB`. */
  readonly of?: string;
  readonly value: number;
  /** Seconds or bytes on both sides of the ratio: medians. */
  readonly ours?: number;
  readonly plain?: number;
}

/** Whether a figure is within its limit; one that could not be measured is not. */
export const holds = ({ limit, value }: Figure): boolean => value <= limits[limit].most;

/** The middle one of some numbers; of an even number of them, the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = low] = sorted.length % 2 === 1 ? [sorted[upper]] : sorted.slice(upper - 1);
  return (low + high) / 2;
}

/** The ratio of two medians, as a figure. */
export function ratio(limit: Figure['limit'], ours: readonly number[], plain: readonly number[]): Figure {
  const medians = { ours: median(ours), plain: median(plain) };
  return { limit, value: medians.ours / medians.plain, ...medians };
}

/** A peak of memory, as a figure. */
export const memoryFigure = (limit: Figure['limit'], peakBytes: number): Figure => ({
  limit,
  value: peakBytes,
});

/** Sizes that lie nearer to each other say nothing of growth: a heap of this size varies more by itself. */
const leastSpan = 500;

/**
 * Peaks of one command by size of the database, as figures: each below the limit and, where the sizes differ enough to
 * tell, together flat.
 */
export function memoryFigures(
  command: string,
  peaks: readonly { readonly megabytes: number; readonly peakBytes: number }[],
): Figure[] {
  const sorted = [...peaks].sort((a, b) => a.megabytes - b.megabytes);
  const each = sorted.map(({ megabytes, peakBytes }): Figure => {
    return { limit: 'memory', of: `${command}, ${megabytes} MB`, value: peakBytes };
  });
  const [first, last] = [sorted[0], sorted.at(-1)];
  const span = (last?.megabytes ?? 0) - (first?.megabytes ?? 0);
  if (first === undefined || last === undefined || span < leastSpan) return each;
  const grown = (last.peakBytes - first.peakBytes) / (span / 1000);
  return [...each, { limit: 'memoryGrowth', of: command, value: Math.max(0, grown) }];
}
