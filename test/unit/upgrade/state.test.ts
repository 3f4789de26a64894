import { describe, expect, test } from 'vitest';
import {
  parseJournal,
  type JournalEntry,
  type JournalLine,
} from '../../../scripts/upgrade/journal/journal.ts';
import {
  enteredWindow,
  foldJournal,
  mayHaveChanged,
  mayHaveLetIn,
} from '../../../scripts/upgrade/journal/state.ts';

const holder = { pid: 1, host: 'h', bootId: 'b', startTicks: '1' };
const at = '2026-11-22T12:00:00.000Z';
const start: JournalEntry = {
  type: 'run-started',
  run: 'r',
  from: '1.0.0',
  to: '1.1.0',
  package: 'p',
  holder,
};
const plan = { moves: [], kept: '/kept', strays: '/strays', oldInode: null };
const lines = (...entries: JournalEntry[]): JournalLine[] => entries.map((entry) => ({ at, ...entry }));

describe('the state of a run', () => {
  test('is unknown without its start', () => {
    expect(foldJournal(lines({ type: 'step-started', step: 'check' }))).toBeUndefined();
  });

  test('is untouched while it prepares', () => {
    const state = foldJournal(
      lines(
        start,
        { type: 'step-started', step: 'check' },
        { type: 'step-finished', step: 'check' },
        { type: 'step-started', step: 'rehearse' },
      ),
    );
    expect(state).toMatchObject({ outcome: 'unfinished', lastStep: { step: 'rehearse', finished: false } });
    expect(state !== undefined && mayHaveChanged(state)).toBe(false);
    expect(state !== undefined && enteredWindow(state)).toBe(false);
  });

  test('has entered the window once maintenance was noted, before it is switched on', () => {
    const state = foldJournal(lines(start, { type: 'maintenance-was', state: 'off' }));
    expect(state !== undefined && enteredWindow(state)).toBe(true);
    expect(state !== undefined && mayHaveChanged(state)).toBe(false);
  });

  test.each([
    ['maintenance-on', false, false],
    ['stop-services', true, false],
    ['start-services', false, true],
    ['start-services-again', false, true],
  ] as const)('tells of services once “%s” was begun', (step, servicesStopped, servicesStarted) => {
    const state = foldJournal(lines(start, { type: 'step-started', step }));
    expect(state).toMatchObject({ servicesStopped, servicesStarted });
  });

  test('may have changed files once the switch is planned, though not begun', () => {
    const state = foldJournal(lines(start, { type: 'switch-planned', plan }));
    expect(state?.switchPlan).toEqual(plan);
    expect(state !== undefined && mayHaveChanged(state)).toBe(true);
  });

  test('has the marks of the logs that were made last; of a journal without later ones, those it was prepared with', () => {
    const mark = { log: 'error.log', bytes: 1, inode: 1, tail: 't', signatures: [] };
    const prepared: JournalEntry = { type: 'prepared', receipt: 'r', scripts: '/s', logs: [mark] };
    expect(foldJournal(lines(start, prepared))?.prepared?.logs).toEqual([mark]);
    const again = { ...mark, bytes: 2, signatures: ['s'] };
    const written = lines(start, prepared, { type: 'logs-marked', logs: [again] });
    const read = parseJournal(written.map((line) => JSON.stringify(line)).join('\n'));
    expect(foldJournal(read)?.prepared).toMatchObject({ receipt: 'r', scripts: '/s', logs: [again] });
  });

  test('may have changed the database once the migrations have started', () => {
    const state = foldJournal(
      lines(
        start,
        { type: 'step-started', step: 'migrate' },
        { type: 'step-finished', step: 'migrate' },
        { type: 'step-started', step: 'clear-cache' },
      ),
    );
    expect(state?.migrationStarted).toBe(true);
    expect(state !== undefined && mayHaveChanged(state)).toBe(true);
  });

  test('keeps the reason of a failure, and who rolls back', () => {
    const second = { ...holder, pid: 2 };
    const state = foldJournal(
      lines(
        start,
        { type: 'step-failed', step: 'migrate', reason: 'x' },
        { type: 'roll-back-started', reason: 'x', holder: second },
        { type: 'step-failed', step: 'put-files-back', reason: 'disk' },
        { type: 'roll-back-failed', reason: 'disk' },
      ),
    );
    expect(state).toMatchObject({
      failure: 'x',
      rollBackFailure: 'disk',
      failed: { step: 'migrate' },
      holder: second,
      outcome: 'unfinished',
    });
  });

  test('may have let users in once the last step has started, unless it is being rolled back', () => {
    const passed = lines(
      start,
      { type: 'switch-planned', plan },
      { type: 'step-started', step: 'maintenance-off' },
    );
    const state = foldJournal(passed);
    expect(state !== undefined && mayHaveLetIn(state)).toBe(true);
    const back = foldJournal([...passed, ...lines({ type: 'roll-back-started', reason: 'x', holder })]);
    expect(back !== undefined && mayHaveLetIn(back)).toBe(false);
  });

  test('tells that files and database were put back, before users were let in', () => {
    const state = foldJournal(lines(start, { type: 'switch-planned', plan }, { type: 'brought-back' }));
    expect(state).toMatchObject({ broughtBack: true, outcome: 'unfinished' });
  });

  test.each(['succeeded', 'rolled-back', 'abandoned'] as const)('ends as %s', (outcome) => {
    expect(foldJournal(lines(start, { type: 'run-finished', outcome }))?.outcome).toBe(outcome);
  });
});

test('a line that a crash cut off is left out, and the others are kept', () => {
  const whole = JSON.stringify({ at, ...start });
  const cut = JSON.stringify({ at, type: 'step-started', step: 'migrate' }).slice(0, -3);
  expect(parseJournal(`${whole}\n${cut}`)).toHaveLength(1);
  expect(parseJournal(`${whole}\n${cut}\n${whole}\n`)).toHaveLength(2);
});
