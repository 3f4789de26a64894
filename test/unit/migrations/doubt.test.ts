import { describe, expect, test } from 'vitest';
import { judgeDoubt } from '../../../scripts/migrations/in-doubt/resolve-in-doubt.ts';

const alter = { kind: 'alone', text: 'ALTER TABLE a ADD b INT' };
const seen = { before: 's1', after: 's2' };
const schema = (fingerprint: string, unowned = ''): { fingerprint: string; unowned: string } => ({
  fingerprint,
  unowned,
});

describe('a statement whose end nobody saw', () => {
  test.each([
    ['applied, where the schema is as after it', alter, seen, 's2', 'applied', 'schema'],
    ['not applied, where the schema is as before it', alter, seen, 's1', 'not-applied', 'schema'],
    ['unknown, where it is neither', alter, seen, 's3', 'unknown', 'schema-differs'],
    ['unknown without a dry run', alter, undefined, 's1', 'unknown', 'no-evidence'],
    [
      'unknown where it changes nothing that shows',
      alter,
      { before: 's1', after: 's1' },
      's1',
      'unknown',
      'schema-unchanged',
    ],
    ['unknown where it runs code', { kind: 'call', text: 'CALL p()' }, seen, 's2', 'unknown', 'runs-code'],
    [
      'unknown where rows know no transactions',
      { kind: 'rows', text: 'INSERT INTO a VALUES (1)' },
      seen,
      's1',
      'unknown',
      'no-transactions',
    ],
  ] as const)('counts as %s', (_title, statement, evidence, live, outcome, because) => {
    expect(judgeDoubt(statement, evidence, schema(live))).toEqual({ outcome, because });
  });

  test.each([
    ['u1', 'not-applied'],
    ['u2', 'applied'],
    ['u3', 'unknown'],
  ])('goes by the schema without its owners, where the dry run kept that: %s, %s', (unowned, outcome) => {
    const statement = { kind: 'alone', text: 'CREATE VIEW v AS SELECT 1' };
    const evidence = { ...seen, unowned: { before: 'u1', after: 'u2' } };
    expect(judgeDoubt(statement, evidence, schema('s3', unowned)).outcome).toBe(outcome);
  });

  test.each([
    'TRUNCATE a',
    'OPTIMIZE TABLE a',
    'CREATE TABLE IF NOT EXISTS a (b INT)',
    'DROP TABLE IF EXISTS a, b',
    'drop /* now */ view if exists v',
    'DROP PROCEDURE IF EXISTS p',
  ])('is run again where that does no harm: %s', (text) => {
    const verdict = judgeDoubt({ kind: 'alone', text }, undefined, schema('s1'));
    expect(verdict).toEqual({ outcome: 'not-applied', because: 'repeatable' });
  });

  test.each([
    'CREATE TABLE IF NOT EXISTS a SELECT * FROM b',
    'CREATE TABLE a (b INT)',
    'ALTER TABLE a DROP COLUMN IF EXISTS b, ADD c INT',
    'DROP TABLE a',
    "CREATE TABLE `IF NOT EXISTS` (b INT COMMENT 'IF NOT EXISTS')",
    'RENAME TABLE a TO b',
  ])('is not run again where it may: %s', (text) => {
    expect(judgeDoubt({ kind: 'alone', text }, undefined, schema('s1')).outcome).toBe('unknown');
  });
});
