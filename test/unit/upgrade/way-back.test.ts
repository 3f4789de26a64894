import { expect, test } from 'vitest';
import { foldJournal, type RunState } from '../../../scripts/upgrade/journal/state.ts';
import { findPreviousVersion } from '../../../scripts/upgrade/needed-backups.ts';

const at = '2026-11-22T12:00:00.000Z';
const holder = { pid: 1, host: 'h', bootId: 'b', startTicks: '1' };

function run(kind: 'upgrade' | 'apply' | 'go-back', from: string, to: string, backup: string): RunState {
  const state = foldJournal([
    { at, type: 'run-started', run: `${from}-${to}`, from, to, package: 'p', holder, kind },
    { at, type: 'backup-taken', backup },
    { at, type: 'run-finished', outcome: 'succeeded' },
  ]);
  if (state === undefined) throw new Error('a journal that begins with its start has a state');
  return state;
}

const first = run('upgrade', '1', '2', 'of 1');
const second = run('upgrade', '2', '3', 'of 2');
const all = new Set(['of 1', 'of 2']);

test.each<[string, RunState[], string, ReadonlySet<string>, unknown]>([
  ['from the last version to the one before', [second, first], '3', all, { run: second, backup: 'of 2' }],
  [
    'once it was gone back, to the one before that',
    [run('go-back', '3', '2', 'of 3'), second, first],
    '2',
    all,
    { run: first, backup: 'of 1' },
  ],
  ['whoever wrote the version, and how', [second, first], 'v3.0', all, { run: second, backup: 'of 2' }],
  ['not from a version that came otherwise', [second, first], '4', all, { because: 'not-upgraded' }],
  ['not from the first one', [second, first], '1', all, { because: 'not-upgraded' }],
  ['not without its backup', [second, first], '3', new Set(['of 1']), { because: 'backup-gone' }],
])('a way back leads %s', (_, states, installed, backups, expected) => {
  expect(findPreviousVersion(states, installed, backups)).toEqual(expected);
});
