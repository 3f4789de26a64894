import { expect, test } from 'vitest';
import { en } from '../../../../scripts/messages/en/index.ts';
import { joinEvidence } from '../../../../scripts/migrations/checks/check.ts';
import { check } from './helpers.ts';

const found = check('SELECT 1; ALTER TABLE a ADD UNIQUE (b); DROP TABLE c');
const measured = { seconds: 2.94, rows: 120_000, warnings: 0, algorithm: 'COPY' } as const;

test('evidence is joined by file and number, and only what was measured', () => {
  const joined = joinEvidence(found, [
    { file: '011_change.sql', number: 2, seconds: 9, rows: 9, warnings: 9 },
    { file: '012_change.sql', number: 1, seconds: 1, rows: 1, warnings: 1 },
    { file: '012_change.sql', number: 2, ...measured },
  ]);
  expect(joined.map(({ code, evidence }) => [code, evidence])).toEqual([
    ['add-unique', measured],
    ['drop-table', undefined],
  ]);
});

test('another file, and a finding without a statement, have none', () => {
  const draft = {
    code: 'truncate',
    severity: 'error',
    file: 'draft.sql',
    line: 1,
    column: 1,
    statement: 2,
  } as const;
  const comment = { code: 'allow-unused', severity: 'warning', file: '0_a.sql', line: 1, column: 1 } as const;
  const all = [1, 2].map((number) => ({ file: '0_a.sql', number, ...measured }));
  expect(joinEvidence([draft, comment], all)).toEqual([draft, comment]);
});

test('the text shows what was measured', () => {
  const findings = joinEvidence(found, [{ file: '012_change.sql', number: 2, ...measured }]);
  expect(en.results.checks.text({ findings, scripts: 1 })).toEqual([
    '012_change.sql:1:25  warning  add-unique  A unique key on a: fails if two rows have the same value.',
    '    measured on the copy: 2.9 s, 120,000 rows, table copy',
    '    Rehearse on real rows; merge what is there twice before, in this script.',
    '012_change.sql:1:52  error  drop-table  The table c is dropped, with all of its rows.',
    '    Drop it in a later release than the one that stops using it. Say why that is safe.',
    '1 script: 1 error, 1 warning, 0 info.',
  ]);
  expect(en.checks.evidence({ seconds: 0.04, rows: 1, warnings: 2 })).toBe(
    'measured on the copy: 0.0 s, 1 row, 2 warnings',
  );
});

test('a warning of the server is a finding, where a dry run got one, and a comment allows it', () => {
  const text = [
    'UPDATE a SET b = 1 WHERE c = 2;',
    '-- maj: allow server-warning: cut off on purpose',
    "UPDATE a SET b = 'x' WHERE c = 3;",
  ].join('\n');
  const warnings = new Map([
    [1, [1265, 1366]],
    [2, [1366]],
  ]);
  expect(check(text, { database: 'shop', warnings })).toMatchObject([
    { code: 'server-warning', severity: 'warning', line: 1, column: 1, statement: 1, detail: '1265, 1366' },
    { code: 'server-warning', line: 3, statement: 2, allowed: 'cut off on purpose' },
  ]);
  // Without a dry run nobody knows, and the comment is not taken for an idle one.
  expect(check(text)).toEqual([]);
  expect(check(text, { warnings: new Map() })).toMatchObject([{ code: 'allow-unused', line: 2 }]);
});
