import { describe, expect, it } from 'vitest';
import { holds, median, memoryFigures, ratio } from '../../bench/limits.ts';

describe('median', () => {
  it.each([
    { numbers: [3], middle: 3 },
    { numbers: [9, 1, 5], middle: 5 },
    { numbers: [10, 2, 4, 8], middle: 6 },
    { numbers: [10, 9, 100], middle: 10 },
  ])('of $numbers is $middle', ({ numbers, middle }) => {
    expect(median(numbers)).toBe(middle);
  });

  it('of nothing is no number, which no limit lets pass', () => {
    expect(median([])).toBeNaN();
    expect(holds({ limit: 'restore', value: median([]) })).toBe(false);
  });
});

describe('a ratio', () => {
  it('is that of the medians, and holds up to its limit', () => {
    const figure = ratio('restore', [50, 10, 90], [100, 80, 120]);
    expect(figure).toEqual({ limit: 'restore', value: 0.5, ours: 50, plain: 100 });
    expect(holds(figure)).toBe(true);
    expect(holds({ ...figure, value: 0.501 })).toBe(false);
  });
});

describe('peaks of memory', () => {
  const peaks = (first: number, last: number): Parameters<typeof memoryFigures>[1] => [
    { megabytes: 4100, peakBytes: last * 1e6 },
    { megabytes: 100, peakBytes: first * 1e6 },
  ];

  it('are held against the limit each, and against each other by the growth per GB', () => {
    expect(memoryFigures('backup', peaks(120, 140))).toEqual([
      { limit: 'memory', of: 'backup, 100 MB', value: 120e6 },
      { limit: 'memory', of: 'backup, 4100 MB', value: 140e6 },
      { limit: 'memoryGrowth', of: 'backup', value: 5e6 },
    ]);
  });

  it.each([
    { first: 120, last: 190, fails: ['memoryGrowth'] },
    { first: 195, last: 201, fails: ['memory'] },
    { first: 150, last: 120, fails: [] },
  ])('from $first to $last MB fail in $fails', ({ first, last, fails }) => {
    const failing = memoryFigures('backup', peaks(first, last)).filter((figure) => !holds(figure));
    expect(failing.map(({ limit }) => limit)).toEqual(fails);
  });

  it('of sizes that are near each other tell no growth', () => {
    const near = [
      { megabytes: 5, peakBytes: 1e6 },
      { megabytes: 10, peakBytes: 9e6 },
    ];
    expect(memoryFigures('backup', near).map(({ limit }) => limit)).toEqual(['memory', 'memory']);
  });
});
