import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../scripts/upgrade/journal/journal.ts';
import { foldJournal, type RunState } from '../../../scripts/upgrade/journal/state.ts';
import { failureOfPair } from '../../../scripts/upgrade/previous-failure.ts';

const at = '2026-11-22T12:00:00.000Z';
const holder = { pid: 1, host: 'h', bootId: 'b', startTicks: '1' };
const pair = { from: '1', sha256: 's' };

function run(sha256: string, ...more: readonly JournalEntry[]): RunState {
  const release = { releaseName: '2', previousVersion: '1', list: 'l', package: 'p', sha256 };
  const lines: readonly JournalEntry[] = [
    { type: 'run-started', run: 'r', from: '1', to: '2', package: 'p', holder },
    { type: 'staged', folder: '/s', version: '2', release },
    ...more,
  ];
  const state = foldJournal(lines.map((line) => ({ at, ...line })));
  if (state === undefined) throw new Error('a journal that begins with its start has a state');
  return state;
}

const opened: JournalEntry = { type: 'maintenance-was', state: 'off' };
const switched: JournalEntry = {
  type: 'switch-planned',
  plan: { moves: [], kept: null, strays: '/k', oldInode: 1 },
};
const failed = (code: string | null): JournalEntry => {
  return { type: 'step-failed', step: 'check-health', reason: 'not well', code };
};
const ended = (outcome: 'rolled-back' | 'succeeded' | 'abandoned'): JournalEntry => {
  return { type: 'run-finished', outcome };
};
const failure = run('s', opened, switched, failed('health-failed'), ended('rolled-back'));
const told = { run: 'r', to: '2', step: 'check-health', reason: 'not well', at };

test.each<[string, RunState[], unknown]>([
  ['nothing', [], undefined],
  ['a failure in the window', [failure], told],
  [
    'not that of another package',
    [run('t', opened, switched, failed('health-failed'), ended('rolled-back'))],
    undefined,
  ],
  [
    'not what its user interrupted',
    [run('s', opened, switched, failed('interrupted'), ended('rolled-back'))],
    undefined,
  ],
  ['not what was refused before the window', [run('s', failed('disk-full'), ended('abandoned'))], undefined],
  [
    'not what failed in the window before the release was in place',
    [run('s', opened, failed('service-failed'), ended('abandoned'))],
    undefined,
  ],
  ['not what was killed and taken back', [run('s', opened, ended('rolled-back'))], undefined],
  ['a failure, though a retry was killed since', [run('s', opened, ended('rolled-back')), failure], told],
  [
    'not what a retry has brought to its end since',
    [run('s', opened, ended('succeeded')), failure],
    undefined,
  ],
  [
    'not a failure on the way back of what was killed',
    [
      run(
        's',
        opened,
        { type: 'roll-back-started', reason: 'x', holder },
        { type: 'step-failed', step: 'put-database-back', reason: 'disk', code: 'disk-full' },
        ended('rolled-back'),
      ),
    ],
    undefined,
  ],
])('of a pair is remembered: %s', (_, states, expected) => {
  expect(failureOfPair(states, pair)).toEqual(expected);
});
