import { describe, expect, test } from 'vitest';
import { check } from './helpers.ts';

/** Codes, with the reason where one is allowed. */
const judged = (text: string): (readonly [code: string, allowed?: string])[] =>
  check(text).map(({ code, allowed }) => (allowed === undefined ? [code] : [code, allowed]));

describe('a comment', () => {
  test.each([
    ['in front of the statement', '-- maj: allow drop-table: moved to a\nDROP TABLE b;'],
    [
      'in front of it, with others between',
      '-- maj: allow drop-table: moved to a\n\n-- b is old\nDROP TABLE b;',
    ],
    ['at its end, on the same line', 'DROP TABLE b; -- maj: allow drop-table: moved to a'],
    ['before its delimiter', 'DROP TABLE b\n-- maj: allow drop-table: moved to a\n;'],
    ['inside of it', 'DROP TABLE\n  b, # maj: allow drop-table: moved to a\n  c;'],
    ['at the end of the file', 'DROP TABLE b -- maj: allow drop-table: moved to a'],
    ['in capitals', '-- MAJ: Allow drop-table : moved to a\nDROP TABLE b;'],
    [
      'after a DELIMITER with a quote',
      "DELIMITER // isn't\n-- maj: allow drop-table: moved to a\nDROP TABLE b//",
    ],
    [
      'for the whole file, at its end',
      'DROP TABLE b;\nSELECT 1;\n-- maj: allow-file drop-table: moved to a\n',
    ],
  ])('allows a finding with its reason: %s', (_title, text) => {
    const all = judged(text);
    expect(all).not.toHaveLength(0);
    for (const one of all) expect(one).toEqual(['drop-table', 'moved to a']);
  });

  test('on a line of its own is for the next statement, not for the one before or after it', () => {
    const text = 'DROP TABLE a;\n-- maj: allow drop-table: unused\nDROP TABLE b;\nDROP TABLE c;';
    expect(judged(text)).toEqual([['drop-table'], ['drop-table', 'unused'], ['drop-table']]);
  });

  test('is for its own code alone', () => {
    const text = '-- maj: allow truncate: x\nDROP TABLE a;';
    expect(judged(text)).toEqual([['allow-unused'], ['drop-table']]);
  });

  test('may stand beside others', () => {
    const text =
      '-- maj: allow rename-column: in maintenance\n-- maj: allow change-type: it was text before\nALTER TABLE a CHANGE b c TEXT;';
    expect(judged(text)).toEqual([
      ['rename-column', 'in maintenance'],
      ['change-type', 'it was text before'],
    ]);
  });

  test.each([
    ['-- maj: allow drop-table\nDROP TABLE b;', ['allow-malformed', 'drop-table']],
    ['-- maj: allow drop-table:  \nDROP TABLE b;', ['allow-malformed', 'drop-table']],
    ['-- maj: alow drop-table: x\nDROP TABLE b;', ['allow-malformed', 'drop-table']],
    ['-- maj: allow drop-tables: x\nDROP TABLE b;', ['allow-unknown-code', 'drop-table']],
    ['-- maj: allow other-database: x\nSELECT * FROM a.b;', ['allow-unknown-code', 'other-database']],
    [
      '-- maj: allow allow-unused: x\n-- maj: allow truncate: x\nSELECT 1',
      ['allow-unknown-code', 'allow-unused'],
    ],
    ['-- maj: allow drop-table: x\nSELECT 1;', ['allow-unused']],
    ['SELECT 1;\n-- maj: allow drop-table: x', ['allow-unused']],
    ['-- maj: allow-file drop-table: x\nSELECT 1;', ['allow-unused']],
  ])('that allows nothing is a finding: %j', (text, expected) => {
    expect(judged(text)).toEqual(expected.map((code) => [code]));
  });

  test('is found where it stands', () => {
    expect(check('SELECT 1;\n  -- maj: allow drop-table\nSELECT 2;')).toMatchObject([
      { code: 'allow-malformed', line: 2, column: 3, statement: 2 },
    ]);
  });

  test.each([
    "SELECT '-- maj: allow drop-table'",
    'SELECT 1 AS `# maj: allow drop-table`',
    "SELECT '\n-- maj: allow drop-table\n'",
    '/*\n-- maj: allow drop-table\n*/',
    'SELECT 1 --maj: allow drop-table',
    '-- see maj: allow drop-table',
  ])('is none where it is part of something else: %j', (text) => {
    // `--` without a blank is no comment, but two minus signs.
    expect(judged(text)).toEqual([]);
  });
});
