import { expect, test } from 'vitest';
import { nextRunId } from '../../../scripts/upgrade/journal/journal.ts';

const now = new Date('2026-11-22T12:00:00.000Z');

test.each<[string, string[], string]>([
  ['its time, where there is no other', [], '20261122T120000000Z'],
  ['its time, where the others are older', ['20261122T115959999Z', '2025'], '20261122T120000000Z'],
  ['an instant after one of this very time', ['20261122T120000000Z'], '20261122T120000001Z'],
  [
    'an instant after the newest one, where the clock was ahead',
    ['20261231T235959999Z', '20261130T000000000Z'],
    '20270101T000000000Z',
  ],
  [
    'its time, whatever else lies there',
    ['r', 'lost+found', '29991231T235959999Z.old'],
    '20261122T120000000Z',
  ],
])('the id of a new run is %s', (_, others, id) => {
  expect(nextRunId(now, others)).toBe(id);
  expect(others.every((other) => other.length !== id.length || other < id)).toBe(true);
});
