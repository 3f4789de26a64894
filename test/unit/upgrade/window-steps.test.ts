import { describe, expect, test } from 'vitest';
import { stepsOfFailedWindow, stepsOfWindow } from '../../../scripts/upgrade/timed-steps.ts';
import { expectedOf } from '../../../scripts/upgrade/upgrade.ts';

test('the steps of a window are told once each, as they were done last, beside what was foretold', () => {
  const finished = [
    { step: 'rehearse' as const, durationMs: 9 },
    { step: 'maintenance-on' as const, durationMs: 1 },
    { step: 'final-backup' as const, durationMs: 50 },
    { step: 'maintenance-on' as const, durationMs: 2 },
    { step: 'final-backup' as const, durationMs: 40 },
    { step: 'migrate' as const, durationMs: undefined },
  ];
  expect(stepsOfWindow(finished, { 'final-backup': 45 })).toEqual([
    { step: 'maintenance-on', durationMs: 2 },
    { step: 'final-backup', durationMs: 40, expectedMs: 45 },
    { step: 'migrate', durationMs: undefined },
  ]);
});

test('of a window that was taken back, what failed stands before the way back; what came before the window is left out', () => {
  const finished = [
    { step: 'stage' as const, durationMs: 9 },
    { step: 'maintenance-on' as const, durationMs: 1 },
    { step: 'migrate' as const, durationMs: 7 },
    { step: 'put-files-back' as const, durationMs: 2 },
    { step: 'put-maintenance-back' as const, durationMs: 3 },
  ];
  const failed = { step: 'migrate' as const, reason: 'x', at: '2026-11-22T10:15:30.000Z', durationMs: 8 };
  const [on, , files, maintenance] = finished.slice(1);
  expect(stepsOfFailedWindow({ finished, failed })).toEqual([
    on,
    { step: 'migrate', durationMs: 8, failed: true },
    files,
    maintenance,
  ]);
  expect(stepsOfFailedWindow({ finished, failed: undefined })).toEqual(finished.slice(1));
  expect(stepsOfFailedWindow({ finished: [], failed: { ...failed, step: 'maintenance-on' } })).toEqual([
    { step: 'maintenance-on', durationMs: 8, failed: true },
  ]);
});

describe('what is expected of a window', () => {
  const receipt = { durationMs: { backup: 42_000, proof: 1, migrations: 900, scripts: 300 } };
  const lookMs = 120.4;
  test.each([
    ['the whole backup, where the files are still to be archived', undefined, 42_000],
    ['the database and a look at the files, where they are', { durationMs: 41_000, databaseMs: 2000 }, 2120],
    ['as much as is known, where an older maj took the backup', { durationMs: 41_000 }, 41_120],
  ])('is %s', (_, manifest, backup) => {
    const files = manifest === undefined ? undefined : { manifest, lookMs };
    expect(expectedOf(receipt, files)).toEqual({ 'final-backup': backup, migrate: 300 });
  });
});
