import { describe, expect, it } from 'vitest';
import { roomNeeded } from '../../bench/backup.ts';
import { parseBenchOptions } from '../../bench/options.ts';

describe('the options of a benchmark', () => {
  it('are those of the issue where none are given', () => {
    expect(parseBenchOptions([])).toEqual({
      megabytes: 1000,
      seed: 1,
      runs: 3,
      server: 'auto',
      durable: false,
      only: ['backup', 'restore', 'files', 'memory'],
      memorySizes: [100, 1000, 4000],
      files: { count: 80_000, megabytes: 2000 },
      uploadsMegabytes: 0,
      seedMegabytes: 500,
      tables: 5000,
      json: false,
    });
  });

  it('say how often where a benchmark wants another number', () => {
    expect(parseBenchOptions([], 15).runs).toBe(15);
    expect(parseBenchOptions(['--runs', '2'], 15).runs).toBe(2);
  });

  it.each([
    { words: ['--runs', '0'], says: '--runs: "0" is not a whole number from 1' },
    { words: ['--megabytes', '1e3'], says: '--megabytes: "1e3"' },
    { words: ['--uploads-megabytes', '0'], says: '--uploads-megabytes: "0"' },
    { words: ['--seed', ''], says: '--seed: ""' },
    { words: ['--memory-sizes', '100,'], says: '--memory-sizes: ""' },
    {
      words: ['--only', 'backup,speed'],
      says: '--only: "speed" is not one of backup, restore, files, memory',
    },
    { words: ['--fast'], says: "Unknown option '--fast'" },
    { words: ['now'], says: "Unexpected argument 'now'" },
  ])('$words are refused', ({ words, says }) => {
    expect(() => parseBenchOptions(words)).toThrow(says);
  });

  it('tell the room that is needed: the largest database at once, and the files beside it', () => {
    const room = (...words: string[]): number => roomNeeded(parseBenchOptions(words));
    expect(room('--only', 'backup', '--megabytes', '100')).toBe(700_000_000);
    expect(room('--only', 'backup,memory', '--memory-sizes', '10,4000')).toBe(28_000_000_000);
    expect(room('--only', 'files', '--files', '100', '--files-megabytes', '10')).toBe(41_000_000);
  });
});
