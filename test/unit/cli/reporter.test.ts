import { expect, test } from 'vitest';
import { jsonReporter, lineReporter } from '../../../scripts/cli/reporter.ts';
import { systemClock } from '../../../scripts/core/clock.ts';
import { inStep, note, warn } from '../../../scripts/core/context.ts';
import { en } from '../../../scripts/messages/en/index.ts';

const times =
  (values: number[]): (() => number) =>
  () =>
    values.shift() ?? 0;

test('the plain reporter writes a line when a step ends, with its time and bytes', async () => {
  const lines: string[] = [];
  const report = lineReporter(en, (line) => lines.push(line));
  const clock = { ...systemClock, monotonicMs: times([0, 1500, 0, 200]) };
  await inStep({ report, clock }, 'check', {}, (progress) => {
    progress(2_000_000, 4_000_000);
    return Promise.resolve();
  });
  await expect(
    inStep({ report, clock }, 'roll-back', {}, () => Promise.reject(new Error('no'))),
  ).rejects.toThrow('no');
  note({ report }, 'database-unchanged', {});
  warn({ report }, 'restore-without-maintenance', {});
  expect(lines).toEqual([
    `ok    ${en.steps.check()} (1.5 s, 2.0 MB)`,
    `FAIL  ${en.steps['roll-back']()} (0.2 s)`,
    `      ${en.notes['database-unchanged']()}`,
    `warning: ${en.notes['restore-without-maintenance']()}`,
  ]);
});

test('how far a step is needs no sentence, in any form of output', () => {
  const lines: string[] = [];
  const write = (line: string): unknown => lines.push(line);
  for (const report of [lineReporter(en, write), jsonReporter(en, write)]) {
    report({ type: 'bytes', step: 'check', done: 1, total: 2 });
  }
  expect(lines).toEqual(['{"type":"bytes","step":"check","done":1,"total":2}']);
});

test('the JSON reporter writes an object a line, with the sentence', () => {
  const lines: string[] = [];
  note({ report: jsonReporter(en, (line) => lines.push(line)) }, 'receipt-covers', { receipt: 'r1' });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { type: 'note', note: 'receipt-covers', facts: { receipt: 'r1' }, text: 'already rehearsed, as r1' },
  ]);
});
