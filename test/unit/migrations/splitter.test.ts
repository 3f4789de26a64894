import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/errors.ts';
import { en } from '../../../scripts/terminal/messages/en/index.ts';
import { positionOf } from '../../../scripts/migrations/lexer.ts';
import { splitStatements, type ScriptProblem } from '../../../scripts/migrations/splitter.ts';

const split = (text: string, sqlMode?: string): string[] =>
  splitStatements(text, { file: 'x.sql', sqlMode }).map((statement) => statement.text);

const table: readonly (readonly [title: string, script: string, statements: readonly string[]])[] = [
  ['nothing is no statement', '', []],
  ['blanks, comments and lone delimiters are no statement', ' ;\n-- a\n# b\n/* c */;;\n/*+ hint */;', []],
  [
    'each statement ends at its delimiter',
    'SELECT 1; SELECT 2;SELECT 3',
    ['SELECT 1', 'SELECT 2', 'SELECT 3'],
  ],
  ['the last one needs no delimiter', 'SELECT 1;\nSELECT 2\n', ['SELECT 1', 'SELECT 2']],
  ['comments around a statement do not belong to it', '-- a\n/* b */ SELECT 1 # c\n;', ['SELECT 1']],
  ['comments within it do', 'SELECT /* ; */ 1 -- ;\n + 2;', ['SELECT /* ; */ 1 -- ;\n + 2']],
  ['-- before a digit is no comment', 'SELECT 5--1; SELECT 2;', ['SELECT 5--1', 'SELECT 2']],
  ['-- at the end of the line is one', 'SELECT 1 --\n;SELECT 2', ['SELECT 1', 'SELECT 2']],
  ['an apostrophe in a # comment opens nothing', "# it's\nSELECT 1;", ['SELECT 1']],
  [
    'a backslash takes a quote’s meaning away',
    String.raw`SELECT 'it\'s;', "\";";SELECT 2`,
    [String.raw`SELECT 'it\'s;', "\";"`, 'SELECT 2'],
  ],
  ['a doubled quote stays inside', `SELECT 'a'';b', "c"";d";`, [`SELECT 'a'';b', "c"";d"`]],
  [
    'a backslash in a quoted name is a backslash',
    'SELECT `a\\`;SELECT `b``;c`',
    ['SELECT `a\\`', 'SELECT `b``;c`'],
  ],
  ['\\N is NULL', 'SELECT \\N;', ['SELECT \\N']],
  ['comments do not nest', '/* /* */ SELECT 1; -- */', ['SELECT 1']],
  [
    'versioned comments are kept',
    '/*!40101 SET NAMES utf8 */;/*M!100100 SELECT 1 */;',
    ['/*!40101 SET NAMES utf8 */', '/*M!100100 SELECT 1 */'],
  ],
  [
    'quotes count in versioned comments',
    "/*!50001 SELECT '*/;' */; SELECT 2;",
    ["/*!50001 SELECT '*/;' */", 'SELECT 2'],
  ],
  [
    'hints stay with their statement',
    "SELECT /*+ MAX_EXECUTION_TIME(1); ' */ 1;",
    ["SELECT /*+ MAX_EXECUTION_TIME(1); ' */ 1"],
  ],
  [
    'DELIMITER in any case, rest of the line ignored',
    'delimiter // what ever;\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT 3;',
    ['SELECT 1; SELECT 2', 'SELECT 3'],
  ],
  [
    'DELIMITER may be quoted and indented',
    '  Delimiter "$$"\nSELECT 1;$$\tSELECT 2$$',
    ['SELECT 1;', 'SELECT 2'],
  ],
  [
    'DELIMITER ;; as dumps have it',
    'DELIMITER ;;\n/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;',
    ['/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */'],
  ],
  [
    'a column named delimiter at a line start is a column',
    'SELECT\ndelimiter FROM a;',
    ['SELECT\ndelimiter FROM a'],
  ],
  ['DELIMITER after a comment line works', '-- a\n/* b\n */\nDELIMITER //\nSELECT 1//', ['SELECT 1']],
  [
    'a custom delimiter is no routine’s problem',
    'DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//',
    ['CREATE PROCEDURE p() BEGIN SELECT 1; END'],
  ],
  [
    'a routine of one statement needs no DELIMITER',
    'CREATE PROCEDURE p() SELECT CASE WHEN 1 THEN 2 END; SELECT 1;',
    ['CREATE PROCEDURE p() SELECT CASE WHEN 1 THEN 2 END', 'SELECT 1'],
  ],
  [
    'a column named begin opens nothing',
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.begin = 1;',
    ['CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.begin = 1'],
  ],
  [
    'a table with a column named begin is no routine',
    'CREATE TABLE event (begin datetime, `end` datetime);',
    ['CREATE TABLE event (begin datetime, `end` datetime)'],
  ],
  ['a delimiter may be a comment sign', 'DELIMITER #\nSELECT 1#SELECT 2#', ['SELECT 1', 'SELECT 2']],
  ['BEGIN and START TRANSACTION are statements', 'BEGIN; COMMIT;', ['BEGIN', 'COMMIT']],
];

describe('the splitter cuts where the vendors’ clients cut', () => {
  test.each(table)('%s', (_title, script, statements) => {
    expect(split(script)).toEqual(statements);
  });
});

describe('the splitter follows the sql_mode', () => {
  /** One statement where `"` quotes strings, two where it quotes names and the backslash is one. */
  const quoted = 'SELECT "a\\" ; SELECT 1; -- "\n;';
  test('that the session starts in', () => {
    expect(split(String.raw`SELECT 'a\'; SELECT 1`, 'NO_BACKSLASH_ESCAPES')).toEqual([
      String.raw`SELECT 'a\'`,
      'SELECT 1',
    ]);
    expect(split(quoted, 'STRICT_TRANS_TABLES,ANSI')).toHaveLength(2);
    expect(split(quoted)).toHaveLength(1);
  });
  test.each([
    `SET sql_mode = 'ANSI_QUOTES';`,
    'SET SESSION sql_mode=ANSI;',
    `SET @@session.sql_mode := CONCAT(@@sql_mode, ',ANSI_QUOTES');`,
    `/*!40101 SET NAMES utf8, sql_mode='ANSI_QUOTES' */;`,
  ])('that %s sets', (setting) => {
    expect(split(`${setting} ${quoted}`)).toHaveLength(3);
  });
  test.each([
    `SET @old = @@sql_mode, sql_mode = 'ANSI'; SET sql_mode = @old;`,
    `SET sql_mode = 'ANSI_QUOTES'; SET sql_mode = REPLACE(@@sql_mode, 'ANSI_QUOTES', '');`,
    `SET GLOBAL sql_mode = 'ANSI'; SET @x = 'sql_mode=ANSI';`,
  ])('that %s puts back', (setting) => {
    expect(split(`${setting} ${quoted}`)).toHaveLength(3);
  });
});

const problems: readonly (readonly [script: string, at: string, problem: ScriptProblem])[] = [
  ["SELECT 1;\nSELECT 'a;", '2:8', { kind: 'unterminated', what: 'string' }],
  ['SELECT `a;', '1:8', { kind: 'unterminated', what: 'name' }],
  ['SELECT 1;\n  /* never', '2:3', { kind: 'unterminated', what: 'comment' }],
  ['/*!40101 SET @a = 1', '1:1', { kind: 'unterminated', what: 'comment' }],
  ['/*!40101 SET @a = 1; */', '1:20', { kind: 'delimiter-in-versioned-comment', delimiter: ';' }],
  ['-- x\nCREATE PROCEDURE p() BEGIN SELECT 1; END;', '2:1', { kind: 'torn-routine' }],
  [
    'CREATE DEFINER=`a`@`b` TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.a > 1 THEN SET NEW.a = 1; END IF;',
    '1:1',
    { kind: 'torn-routine' },
  ],
  ['BEGIN NOT ATOMIC SELECT 1; END;', '1:1', { kind: 'torn-routine' }],
  ['SELECT 1\\G', '1:9', { kind: 'client-command', command: '\\G' }],
  ['SELECT 1;\nuse other;', '2:1', { kind: 'client-command', command: 'use' }],
  ['SELECT 1;\n  SOURCE other.sql', '2:3', { kind: 'client-command', command: 'SOURCE' }],
  ['DELIMITER\nSELECT 1', '1:1', { kind: 'delimiter-argument' }],
  ['DELIMITER \\\\\nSELECT 1', '1:1', { kind: 'delimiter-argument' }],
  ['SELECT 1; DELIMITER //', '1:11', { kind: 'delimiter-misplaced' }],
];

describe('a script that means two things, or none, is refused before it runs', () => {
  test.each(problems)('%j', (script, at, problem) => {
    let thrown: unknown;
    try {
      split(script);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MajError);
    const error = thrown as MajError;
    expect({ code: error.code, exitCode: error.exitCode }).toEqual({ code: 'migration-script', exitCode: 3 });
    const [line = 0, column = 0] = at.split(':').map(Number);
    expect(error.message).toBe(
      en.errors['migration-script']({ file: 'x.sql', line, column, problem }).message,
    );
  });
});

/** Pieces of statements without a delimiter in the open; any sequence of them is a statement to the splitter. */
const piece = fc.constantFrom(
  'SELECT',
  'a',
  '5--1',
  "'x;'",
  `"y;"`,
  '`z;`',
  String.raw`'\';'`,
  "'it''s'",
  '/* ; */',
  '-- ;\n',
  '# ;\n',
  '\n',
  '(',
  '*',
  '/',
  '-',
  '\\N',
  '/*!40101 b */',
  '/*+ ; */',
  'é',
  '😀',
);
const statement = fc
  .array(piece, { minLength: 1, maxLength: 12 })
  .map((pieces) => `SELECT ${pieces.join(' ')} 1`);

describe('for any statements', () => {
  test('joined by a delimiter, the splitter gives them back, each with its place', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 8 }),
        fc.constantFrom(';', ';;', '//', '$$', '|'),
        (statements, delimiter) => {
          fc.pre(!statements.some((text) => text.replaceAll(/'[^']*'|\/\*.*?\*\//g, '').includes('//')));
          const script = `DELIMITER ${delimiter}\n${statements.map((text) => `${text}${delimiter}\n`).join('')}`;
          const found = splitStatements(script, { file: 'x.sql' });
          expect(found.map(({ text }) => text)).toEqual(statements);
          let from = 0;
          for (const { text, line, column } of found) {
            const offset = script.indexOf(text, from);
            from = offset + text.length;
            expect({ line, column }).toEqual(positionOf(script, offset));
          }
        },
      ),
    );
  });

  test('a position is what counting gives', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', 'é'), { maxLength: 40 }), fc.nat(40), (letters, at) => {
        const text = letters.join('');
        const offset = Math.min(at, text.length);
        const before = text.slice(0, offset).split('\n');
        const counted = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
        expect(positionOf(text, offset)).toEqual(counted);
        const known = { offset: offset >> 1, position: positionOf(text, offset >> 1) };
        expect(positionOf(text, offset, known)).toEqual(counted);
      }),
    );
  });

  test('any text at all is either split or refused by name', () => {
    const anything = fc
      .array(fc.oneof(piece, fc.constantFrom(';', "'", '"', '`', '/*', '*/', '\\', 'DELIMITER //\n', '//')))
      .map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(anything, (text) => {
        try {
          for (const found of splitStatements(text, { file: 'x.sql' })) expect(text).toContain(found.text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'migration-script' });
        }
      }),
    );
  });
});

test('a script of 10 MB is split in a moment', () => {
  const row = `INSERT INTO a VALUES (1, 'it''s a text of some length', "and another", NULL);\n`;
  const script = row.repeat(Math.ceil(10_000_000 / row.length));
  expect(splitStatements(script, { file: 'x.sql' })).toHaveLength(Math.ceil(10_000_000 / row.length));
});
