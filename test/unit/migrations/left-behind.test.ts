import { describe, expect, test } from 'vitest';
import { createStepPlanner, type Step } from '../../../scripts/migrations/run/transaction-plan.ts';
import { whatIsLeft, type StopFacts } from '../../../scripts/migrations/state-after-failure.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';

/** The last statement of a script, as a step. */
function lastOf(script: string, transactional = true): Step {
  const planner = createStepPlanner({ file: 'x.sql', transactional });
  const step = splitStatements(script, { file: 'x.sql' })
    .map((statement) => planner.next(statement))
    .at(-1);
  if (step === undefined) throw new Error('The script is empty.');
  return step;
}

/** Statement 2 has been refused, nothing of it is left, and the ledger says that the first one is done. */
const facts = (script: string, changes: Partial<StopFacts>, transactional = true): StopFacts => ({
  phase: 'statement',
  step: lastOf(script, transactional),
  done: 1,
  marked: undefined,
  batch: 'none',
  answer: { warnings: 0 },
  endedByServer: false,
  ledger: { done: 1, inFlight: 0 },
  mayBePartial: false,
  ...changes,
});

const left = (outcome: string, done: number, doubt?: number): object => ({ outcome, done, doubt });
const ddl = 'INSERT 1; CREATE TABLE a (b int)';
const call = 'INSERT 1; CALL p()';
const rows = 'CREATE TABLE a (b int); INSERT 1';
const commit = 'BEGIN; COMMIT';
const lost = { answer: undefined };
const unread = { ledger: undefined };
const inFlight = { ledger: { done: 1, inFlight: 2 } };
const isDone = { ledger: { done: 2, inFlight: 0 } };
const marked = (script: string) => ({ marked: lastOf(script).statement });

describe('what a script that stopped has left behind', () => {
  test.each<[string, StopFacts, object]>([
    [
      'what was not sent has changed nothing',
      facts(ddl, { phase: 'before', ...inFlight }),
      left('unchanged', 1),
    ],
    [
      'nor has it where nothing can be asked',
      facts(call, { phase: 'before', ...lost, ...unread, ...marked(call) }),
      left('unchanged', 1),
    ],
    ['a definition that was refused has not', facts(ddl, inFlight), left('unchanged', 1)],
    [
      'code that was refused may have',
      facts(call, { ...inFlight, mayBePartial: true }),
      left('partial', 1, 2),
    ],
    ['a definition that was lost is in doubt', facts(ddl, { ...lost, ...inFlight }), left('in-doubt', 1, 2)],
    [
      'so it is where nothing can be asked',
      facts(ddl, { ...lost, ...unread, ...marked(ddl) }),
      left('in-doubt', 1, 2),
    ],
    ['a definition that has run is there', facts(ddl, { phase: 'after', ...inFlight }), left('applied', 2)],
    [
      'with its connection lost as well',
      facts(ddl, { phase: 'after', ...lost, ...inFlight }),
      left('applied', 2),
    ],
    ['code that has run, too', facts(call, { phase: 'after', ...inFlight }), left('applied', 2)],
    [
      'unless it was lost: it may have left a transaction open',
      facts(call, { phase: 'after', ...lost, ...inFlight }),
      left('in-doubt', 1, 2),
    ],
    ['or the ledger has it as done', facts(call, { phase: 'after', ...lost, ...isDone }), left('applied', 2)],
    ['rows that were lost are undone', facts(rows, { ...lost, batch: 'open' }), left('unchanged', 1)],
    [
      'rows whose record was refused are undone',
      facts(rows, { phase: 'after', batch: 'open' }),
      left('unchanged', 1),
    ],
    [
      'but for tables without transactions',
      facts(rows, { phase: 'after', batch: 'open', answer: { warnings: 1 } }, false),
      left('partial', 1, 2),
    ],
    [
      'where a COMMIT that fails has ended the transaction, its ROLLBACK does not warn of them',
      facts(rows, { phase: 'after', batch: 'committing' }, false),
      left('partial', 1, 2),
    ],
    [
      'nor where a deadlock has',
      facts(rows, { batch: 'open', endedByServer: true }, false),
      left('partial', 1, 2),
    ],
    [
      'a COMMIT of ours that was lost: the ledger tells that it was done',
      facts(rows, { phase: 'after', batch: 'committing', ...lost, ...isDone }),
      left('applied', 2),
    ],
    [
      'or that it was not',
      facts(rows, { phase: 'after', batch: 'committing', ...lost }),
      left('unchanged', 1),
    ],
    [
      'and where it cannot be asked, nothing tells',
      facts(rows, { phase: 'after', batch: 'committing', ...lost, ...unread }),
      left('in-doubt', 1, 2),
    ],
    [
      'a COMMIT of the script is told by the ledger as well',
      facts(commit, { ...lost, ...isDone }),
      left('applied', 2),
    ],
    ['or not', facts(commit, { ...lost, ...unread }), left('in-doubt', 1, 2)],
    [
      'code within a transaction that has committed a part of it is in doubt when a later statement fails',
      facts('BEGIN; CALL p(); INSERT 1', { ledger: { done: 1, inFlight: 2 } }),
      left('unchanged', 1, 2),
    ],
    [
      'and is not where its mark was rolled back with it',
      facts('BEGIN; CALL p(); INSERT 1', { done: 0, ledger: { done: 0, inFlight: 0 } }),
      left('unchanged', 0),
    ],
  ])('%s', (_, given, expected) => {
    expect(whatIsLeft(given)).toEqual(expected);
  });
});
