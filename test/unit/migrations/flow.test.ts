import { describe, expect, test } from 'vitest';
import {
  createStepPlanner,
  refuseDependent,
  type Step,
} from '../../../scripts/migrations/run/transaction-plan.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import type { Statement } from '../../../scripts/sql/statement.ts';

const planSteps = (
  statements: readonly Statement[],
  options: { file: string; transactional: boolean },
): Step[] => {
  const planner = createStepPlanner(options);
  const steps = statements.map((statement) => planner.next(statement));
  planner.end();
  return steps;
};

/** Each statement's step in a few letters: wrapped, mark, checkpoint, elsewhere. */
const flow = (script: string, transactional = true): string[] =>
  planSteps(splitStatements(script, { file: 'x.sql' }), { file: 'x.sql', transactional }).map((step) =>
    `${step.statement.text.split(' ')[0] ?? ''}: ${step.wrapped ? 'wrapped ' : ''}${
      step.mark === 'none' ? '' : `mark ${step.mark} `
    }${step.checkpoint === 'none' || step.checkpoint === 'wrapped' ? '' : `checkpoint ${step.checkpoint} `}${
      step.elsewhere && (step.mark !== 'none' || step.checkpoint !== 'none') ? 'elsewhere' : ''
    }`.trim(),
  );

describe('how statements are run', () => {
  test('rows commit with their checkpoint; DDL is recorded before and after', () => {
    expect(flow('INSERT 1; ALTER TABLE a; SET x = 1; (SELECT 1); GRANT 1;')).toEqual([
      'INSERT: wrapped',
      'ALTER: mark committed checkpoint after',
      'SET:',
      '(SELECT: wrapped',
      'GRANT: mark committed checkpoint after',
    ]);
  });

  test('where some tables know no transactions, rows are recorded before as well', () => {
    expect(flow('INSERT 1;', false)).toEqual(['INSERT: wrapped mark committed']);
  });

  test('a transaction of the script takes its checkpoint along with its COMMIT', () => {
    expect(flow('START TRANSACTION; INSERT 1; UPDATE 1; COMMIT; INSERT 2;')).toEqual([
      'START:',
      'INSERT:',
      'UPDATE:',
      'COMMIT: checkpoint before',
      'INSERT: wrapped',
    ]);
  });

  test('DDL within a transaction commits it, with what was done in it', () => {
    expect(flow('BEGIN; INSERT 1; CREATE TABLE a; INSERT 2;')).toEqual([
      'BEGIN:',
      'INSERT:',
      'CREATE: mark in-transaction checkpoint after',
      'INSERT: wrapped',
    ]);
  });

  test('a second BEGIN commits the first transaction', () => {
    expect(flow('BEGIN; INSERT 1; BEGIN; INSERT 2; COMMIT;')[2]).toBe('BEGIN: mark in-transaction');
  });

  test('under LOCK TABLES another connection writes the ledger', () => {
    expect(flow('LOCK TABLES a WRITE; INSERT 1; UNLOCK TABLES; INSERT 2;')).toEqual([
      'LOCK:',
      'INSERT: mark committed checkpoint after elsewhere',
      'UNLOCK: checkpoint after',
      'INSERT: wrapped',
    ]);
  });

  test('autocommit off opens a transaction with the next change', () => {
    expect(flow('SET autocommit = 0; INSERT 1; COMMIT; CREATE TABLE a; SET AUTOCOMMIT=1; INSERT 2;')).toEqual(
      [
        'SET:',
        'INSERT:',
        'COMMIT: checkpoint before elsewhere',
        'CREATE: mark committed checkpoint after elsewhere',
        'SET:',
        'INSERT: wrapped',
      ],
    );
  });

  test('a procedure within a transaction is recorded in it, for nobody knows what it commits', () => {
    const script = 'CALL p(); BEGIN; CALL p(); COMMIT;';
    expect(flow(script)).toEqual([
      'CALL: mark committed checkpoint after',
      'BEGIN:',
      'CALL: mark in-transaction',
      'COMMIT: checkpoint before',
    ]);
    expect(flow(script, false)[2]).toBe('CALL: mark committed elsewhere');
  });

  test.each(['START TRANSACTION; INSERT 1;', 'SET autocommit = 0; INSERT 1;'])(
    'a transaction that is left open is refused: %s',
    (script) => {
      expect(() => flow(script)).toThrow(/x\.sql:1:\d+: the transaction that begins here is still open/);
    },
  );

  test('a question about the statement before is refused', () => {
    const dependent = (script: string) => () =>
      splitStatements(script, { file: 'x.sql' }).forEach((statement) => refuseDependent(statement, 'x.sql'));
    expect(dependent('UPDATE a SET b = 1;\nSET @n = ROW_COUNT();')).toThrow(/x\.sql:2:1: /);
    expect(dependent('INSERT 1; SHOW WARNINGS;')).toThrow(/x\.sql:1:11: /);
    expect(dependent('INSERT 1; GET DIAGNOSTICS @n = NUMBER;')).toThrow(/x\.sql:1:11: /);
    expect(dependent('INSERT 1; INSERT INTO b VALUES (LAST_INSERT_ID());')).not.toThrow();
    expect(
      dependent("SELECT 1; INSERT INTO b VALUES ('ROW_COUNT()'); SELECT `row_count` (1);"),
    ).not.toThrow();
    expect(dependent('SELECT 1; CREATE PROCEDURE p() SELECT ROW_COUNT();')).not.toThrow();
  });
});
