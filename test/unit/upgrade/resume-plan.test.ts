import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../../scripts/upgrade/journal/journal.ts';
import { foldJournal } from '../../../scripts/upgrade/journal/state.ts';
import { goBackSteps, upgradeSteps, type JournalStep } from '../../../scripts/upgrade/journal/steps.ts';
import { planResume, type ResumePlan } from '../../../scripts/upgrade/recovery/resume-plan.ts';

const at = '2026-11-22T12:00:00.000Z';
const holder = { pid: 1, host: 'h', bootId: 'b', startTicks: '1' };
const release = { releaseName: '2', previousVersion: '1', list: 'l', package: 'p', sha256: 's' };
const plan = { moves: [], kept: '/kept', strays: '/strays', oldInode: null };

const start = (kind: 'upgrade' | 'apply' | 'go-back'): JournalEntry => {
  return { type: 'run-started', run: 'r', from: '1', to: '2', package: 'p', holder, kind };
};

/** The lines that a step leaves beside its beginning and its end. */
const within: Readonly<Partial<Record<JournalStep, JournalEntry[]>>> = {
  stage: [{ type: 'staged', folder: '/s', version: '2', release }],
  rehearse: [],
  'final-backup': [{ type: 'backup-taken', backup: 'b' }],
  switch: [{ type: 'switch-planned', plan }],
};

/** The journal of a run that was cut off in a step, or right behind it. */
function cutOff(
  steps: readonly JournalStep[],
  kind: 'upgrade' | 'go-back',
  last: JournalStep,
  finished: boolean,
): ResumePlan | undefined {
  const lines: JournalEntry[] = [start(kind)];
  for (const step of steps.slice(0, steps.indexOf(last) + 1)) {
    if (step === 'maintenance-on') {
      if (kind === 'upgrade') lines.push({ type: 'prepared', receipt: 'r', scripts: '/s', logs: [] });
      lines.push({ type: 'maintenance-was', state: 'off' });
    }
    lines.push({ type: 'step-started', step });
    if (step === last && !finished) break;
    lines.push(...(within[step] ?? []), { type: 'step-finished', step });
  }
  return planOf(...lines);
}

function planOf(...lines: readonly JournalEntry[]): ResumePlan | undefined {
  const state = foldJournal(lines.map((line) => ({ at, ...line })));
  return state === undefined ? undefined : planResume(state);
}

const again = { kind: 'begin-again' };
const letIn = { kind: 'let-in' };
const from = (step: JournalStep): ResumePlan => ({ kind: 'go-on', from: step });

describe('an upgrade that was cut off', () => {
  const expected: Readonly<Record<(typeof upgradeSteps)[number], readonly [unknown, unknown]>> = {
    check: [again, again],
    stage: [again, again],
    rehearse: [again, again],
    'archive-files': [again, again],
    'maintenance-on': [from('maintenance-on'), from('stop-services')],
    'stop-services': [from('stop-services'), from('final-backup')],
    // Taken again while no file was moved.
    'final-backup': [from('final-backup'), from('final-backup')],
    switch: [from('final-backup'), from('migrate')],
    migrate: [from('migrate'), from('clear-cache')],
    'clear-cache': [from('clear-cache'), from('start-services')],
    'start-services': [from('start-services'), from('check-health')],
    'check-health': [from('check-health'), from('maintenance-off')],
    'maintenance-off': [letIn, letIn],
  };
  test.each(upgradeSteps)('in “%s” goes on there', (step) => {
    expect(cutOff(upgradeSteps, 'upgrade', step, false)).toEqual(expected[step][0]);
  });
  test.each(upgradeSteps)('behind “%s” goes on with the next one', (step) => {
    expect(cutOff(upgradeSteps, 'upgrade', step, true)).toEqual(expected[step][1]);
  });
});

describe('the way back that was cut off', () => {
  const expected: Readonly<Record<(typeof goBackSteps)[number], readonly [unknown, unknown]>> = {
    stage: [again, again],
    'archive-files': [again, again],
    'maintenance-on': [from('maintenance-on'), from('stop-services')],
    'stop-services': [from('stop-services'), from('final-backup')],
    'final-backup': [from('final-backup'), from('final-backup')],
    switch: [from('final-backup'), from('restore')],
    restore: [from('restore'), from('clear-cache')],
    'clear-cache': [from('clear-cache'), from('start-services')],
    'start-services': [from('start-services'), from('check-health')],
    'check-health': [from('check-health'), from('maintenance-off')],
    'maintenance-off': [letIn, letIn],
  };
  test.each(goBackSteps)('in and behind “%s” goes on', (step) => {
    expect(cutOff(goBackSteps, 'go-back', step, false)).toEqual(expected[step][0]);
    expect(cutOff(goBackSteps, 'go-back', step, true)).toEqual(expected[step][1]);
  });
});

describe('only taken back is', () => {
  const opened: readonly JournalEntry[] = [
    start('upgrade'),
    { type: 'staged', folder: '/s', version: '2', release },
    { type: 'prepared', receipt: 'r', scripts: '/s', logs: [] },
    { type: 'maintenance-was', state: 'off' },
    { type: 'step-started', step: 'switch' },
    { type: 'switch-planned', plan },
  ];
  const impossible = (because: string): unknown => ({ kind: 'impossible', because });
  test.each<[string, JournalEntry[], unknown]>([
    ['what nothing speaks against', [], from('switch')],
    [
      'what was being rolled back',
      [{ type: 'roll-back-started', reason: 'x', holder }],
      impossible('rolling-back'),
    ],
    ['what had failed', [{ type: 'step-failed', step: 'switch', reason: 'x' }], impossible('failed')],
    [
      'what had let nobody in, for it was being rolled back from the last step',
      [
        { type: 'step-started', step: 'maintenance-off' },
        { type: 'roll-back-started', reason: 'x', holder },
      ],
      impossible('rolling-back'),
    ],
  ])('%s', (_, more, expected) => {
    expect(planOf(...opened, ...more)).toEqual(expected);
  });
  test('what a journal of an earlier version does not tell enough of', () => {
    const lines = opened.filter(({ type }) => type !== 'prepared');
    expect(planOf(...lines)).toEqual(impossible('unprepared'));
  });
  test('a switch of files alone', () => {
    expect(planOf(start('apply'), ...opened.slice(1))).toEqual(impossible('files-alone'));
  });
  test('an upgrade that failed before its window is begun anew', () => {
    expect(planOf(start('upgrade'), { type: 'step-failed', step: 'rehearse', reason: 'x' })).toEqual(again);
  });
});
