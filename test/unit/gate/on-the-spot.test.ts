import { describe, expect, test } from 'vitest';
import { isWorthATry, lastRehearsalMs, longestOnTheSpotMs } from '../../../scripts/gate/on-the-spot-rule.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';

describe('a commit without a receipt is rehearsed on the spot', () => {
  const scripts = [{ version: '001', name: 'users', checksum: 'a' }];
  const differ = { kind: 'scripts-differ', changes: [] } as const;
  const old = { kind: 'rehearsal-too-old', ageMs: 2, maxAgeMs: 1 } as const;
  const facts: Parameters<typeof isWorthATry>[0] = {
    reasons: [differ],
    scripts,
    lastMs: 2000,
    longestMs: 30_000,
    maxAgeMs: 86_400_000,
  };

  test.each<[string, Partial<typeof facts>, boolean]>([
    ['with other scripts', {}, true],
    ['run with other settings', { reasons: [{ kind: 'script-settings-differ' }] }, true],
    [
      'of rows that are too old',
      { reasons: [old, { kind: 'backup-too-old', id: 'b', ageMs: 2, maxAgeMs: 1 }] },
      true,
    ],
    ['not where the last one took longer', { lastMs: 30_000 }, false],
    ['not where it is never to be', { longestMs: 0 }, false],
    ['not where its rows would be too old at the end', { maxAgeMs: 1000 }, false],
    ['not without any script', { scripts: [] }, false],
    ['not where it has failed', { reasons: [{ kind: 'rehearsal-failed', failure: 'x' }] }, false],
    ['not where it would mend one reason of two', { reasons: [differ, { kind: 'no-proven-backup' }] }, false],
    ['not where the structure was changed by hand', { reasons: [{ kind: 'live-differs' }] }, false],
  ])('%s', (_title, changes, expected) => {
    expect(isWorthATry({ ...facts, ...changes })).toBe(expected);
  });

  test.each<[number | undefined, boolean, number]>([
    // the setting, whether somebody watches, milliseconds
    [undefined, true, 30_000],
    [undefined, false, 0],
    [0, true, 0],
    [90, false, 90_000],
  ])('GATE_AUTO_SECONDS=%s, watched: %s', (seconds, isWatched, expected) => {
    expect(longestOnTheSpotMs({ GATE_AUTO_SECONDS: seconds }, isWatched)).toBe(expected);
  });
});

test('what it is going to take is told by the last one that came to its end', () => {
  const receipt = (result: Receipt['result'], migrations: number) => ({
    result,
    durationMs: { backup: 100, proof: 10, migrations },
  });
  expect(lastRehearsalMs([receipt('failed', 0), receipt('passed', 1), receipt('passed', 2)])).toBe(111);
  expect(lastRehearsalMs([receipt('failed', 0)])).toBeUndefined();
});
