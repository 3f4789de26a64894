import { expect, test } from 'vitest';
import { createTransactionBatch } from '../../../scripts/migrations/run/execute.ts';
import { createStepPlanner, type Step } from '../../../scripts/migrations/run/transaction-plan.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';

const stepsOf = (script: string, transactional = true): Step[] => {
  const planner = createStepPlanner({ file: 'x.sql', transactional });
  return splitStatements(script, { file: 'x.sql' }).map((statement) => planner.next(statement));
};
/** Where a batch that begins with the first statement would be committed: after how many of them. */
const cutAfter = (steps: readonly Step[], msEach = 0): number => {
  const batch = createTransactionBatch();
  batch.begin(0);
  for (const [index, step] of steps.entries()) {
    batch.add(step);
    if (batch.isFull(steps[index + 1], (index + 1) * msEach)) return index + 1;
  }
  return Infinity;
};
const inserts = (count: number, text = '1'): string => `INSERT INTO a VALUES ('${text}');`.repeat(count);

test.each([
  ['the end of the script', stepsOf(inserts(3)), 0, 3],
  ['the next DDL', stepsOf(`${inserts(2)} ALTER TABLE a ADD b INT; ${inserts(5)}`), 0, 2],
  ['a setting, which is recorded by itself', stepsOf(`${inserts(2)} SET @a = 1; ${inserts(5)}`), 0, 2],
  ['500 statements', stepsOf(inserts(600)), 0, 500],
  ['8 MB', stepsOf(inserts(10, 'x'.repeat(1_500_000))), 0, 5],
  ['a second', stepsOf(inserts(10)), 400, 3],
  ['each statement, where tables know no transactions', stepsOf(inserts(3), false), 0, 1],
])('rows commit together up to %s', (_title, steps, msEach, expected) => {
  expect(cutAfter(steps, msEach)).toBe(expected);
});
