import { expect, test } from 'vitest';
import { stepsOfWindow } from '../../../scripts/upgrade/let-in.ts';

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
