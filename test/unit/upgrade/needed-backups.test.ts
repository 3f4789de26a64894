import { describe, expect, test } from 'vitest';
import { foldJournal, type RunState } from '../../../scripts/upgrade/journal/state.ts';
import { keptForRuns, unfinishedBackups } from '../../../scripts/upgrade/needed-backups.ts';

const at = '2026-11-22T12:00:00.000Z';
const holder = { pid: 1, host: 'h', bootId: 'b', startTicks: '1' };

type Outcome = 'succeeded' | 'rolled-back' | 'abandoned';

/** An upgrade to a version, which took a backup of the same name. */
const upgradeTo = (to: string, outcome?: Outcome): RunState => run(to, `before ${to}`, outcome);

/** The files of a version, put in place by themselves. */
const applied = (to: string): RunState => run(to, undefined, 'succeeded');

function run(to: string, backup: string | undefined, outcome: Outcome | undefined): RunState {
  const state = foldJournal([
    { at, type: 'run-started', run: to, from: null, to, package: 'p', holder },
    ...(backup === undefined ? [] : [{ at, type: 'backup-taken' as const, backup }]),
    ...(outcome === undefined ? [] : [{ at, type: 'run-finished' as const, outcome }]),
  ]);
  if (state === undefined) throw new Error('a journal that begins with its start has a state');
  return state;
}

describe('which backups are kept for runs: the way back of the installed version, and what the last ones began with', () => {
  test.each<[string, RunState[], string | null, string | undefined, string[]]>([
    ['nothing, before the first upgrade', [], '1', undefined, []],
    [
      'the backup of the last upgrade',
      [upgradeTo('3', 'succeeded'), upgradeTo('2', 'succeeded')],
      '3',
      'before 3',
      ['before 3'],
    ],
    [
      'not that of one that was rolled back',
      [upgradeTo('3', 'rolled-back'), upgradeTo('2', 'succeeded')],
      '2',
      'before 2',
      ['before 2'],
    ],
    [
      'of the version that was restored since its own alone is the way back',
      [upgradeTo('3', 'succeeded'), upgradeTo('2', 'succeeded'), upgradeTo('1', 'succeeded')],
      '2',
      'before 2',
      ['before 3'],
    ],
    [
      'that of the last upgrade, though files were applied since',
      [applied('4'), upgradeTo('3', 'succeeded')],
      '4',
      undefined,
      ['before 3'],
    ],
    [
      'the last one where the version is not known',
      [upgradeTo('3', 'succeeded')],
      null,
      undefined,
      ['before 3'],
    ],
    [
      'the last one where the version was installed by hand',
      [upgradeTo('3', 'succeeded')],
      '4',
      undefined,
      ['before 3'],
    ],
  ])('%s', (_, states, installed, wayBack, begun) => {
    const kept = keptForRuns(states, installed);
    expect([kept.wayBack, ...kept.begun]).toEqual([wayBack, ...begun]);
  });
});

test('an upgrade that did not end needs its backup, one that did needs it no more', () => {
  expect(
    unfinishedBackups([upgradeTo('4'), upgradeTo('3', 'abandoned'), upgradeTo('2', 'succeeded')]),
  ).toEqual(['before 4']);
});
