import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
import { positionOf } from '../../../scripts/sql/lexer.ts';
import type { ScriptProblem } from '../../../scripts/sql/reports.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';

const split = (text: string, sqlMode?: string, flavour?: Flavour): string[] =>
  splitStatements(text, { file: 'x.sql', sqlMode, flavour }).map((statement) => statement.text);

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
  [
    'DELIMITER is obeyed even where it begins with the delimiter',
    'DELIMITER d\nSELECT 1d\ndelimiter ;\nSELECT 2;',
    ['SELECT 1', 'SELECT 2'],
  ],
  ['a delimiter may hold a blank', "DELIMITER ' go'\nSELECT 1 go SELECT 2 go", ['SELECT 1', 'SELECT 2']],
  ['a delimiter may begin like a number', 'DELIMITER 4\nSELECT 1 4 SELECT 2', ['SELECT 1', 'SELECT 2']],
  [
    'comments in versioned comments belong to them',
    "/*!50003 SELECT 1 /* it is */ + 2\n/* it's */ */; SELECT 3;",
    ["/*!50003 SELECT 1 /* it is */ + 2\n/* it's */ */", 'SELECT 3'],
  ],
  ['what DOS ends a file with is no statement', 'SELECT 1;\n\u001a', ['SELECT 1']],
  ['a dollar is a part of names', 'SELECT a$b$c, $; SELECT 2', ['SELECT a$b$c, $', 'SELECT 2']],
];

describe('the splitter cuts where the vendors’ clients cut', () => {
  test.each(table)('%s', (_title, script, statements) => {
    expect(split(script)).toEqual(statements);
  });
});

const differing: readonly (readonly [
  title: string,
  script: string,
  mariadb: readonly string[] | ScriptProblem,
  mysql: readonly string[] | ScriptProblem,
  undecided: readonly string[] | ScriptProblem,
])[] = [
  [
    'a statement that begins with -- and no blank',
    'SELECT 1;--2\n;SELECT 3;',
    ['SELECT 1', 'SELECT 3'],
    ['SELECT 1', '--2', 'SELECT 3'],
    { kind: 'read-differently', what: 'dashes' },
  ],
  [
    'dollar quotes',
    "SELECT $a$ it's; $a$; SELECT 2;",
    { kind: 'unterminated', what: 'string' },
    ["SELECT $a$ it's; $a$", 'SELECT 2'],
    { kind: 'read-differently', what: 'dollar-quote' },
  ],
  [
    'dollar quotes around nothing special',
    'SELECT $$a$$; SELECT 2;',
    ['SELECT $$a$$', 'SELECT 2'],
    ['SELECT $$a$$', 'SELECT 2'],
    ['SELECT $$a$$', 'SELECT 2'],
  ],
  [
    'dollar quotes that hold a backslash before their end',
    'SELECT $$ \\$$; SELECT $$ 2;',
    { kind: 'client-command', command: '\\$' },
    { kind: 'read-differently', what: 'dollar-quote' },
    { kind: 'read-differently', what: 'dollar-quote' },
  ],
  [
    'dollar quotes that never end',
    'SELECT $$ 1;',
    ['SELECT $$ 1'],
    { kind: 'unterminated', what: 'string' },
    { kind: 'read-differently', what: 'dollar-quote' },
  ],
  ['MariaDB’s own versioned comments', '/*M! SELECT 1 */;', ['/*M! SELECT 1 */'], [], ['/*M! SELECT 1 */']],
  [
    'a quote that MariaDB’s own versioned comments open',
    "/*M! SELECT 'a */ ' */; SELECT 2;",
    ["/*M! SELECT 'a */ ' */", 'SELECT 2'],
    { kind: 'unterminated', what: 'string' },
    { kind: 'read-differently', what: 'versioned-comment' },
  ],
  [
    'a hint over two lines that could be read as a statement’s end',
    'SELECT /*+ a\n; b */ 1; SELECT 2;',
    ['SELECT /*+ a\n; b */ 1', 'SELECT 2'],
    { kind: 'read-differently', what: 'hint' },
    { kind: 'read-differently', what: 'hint' },
  ],
  [
    'a hint whose end could be read as a line comment',
    'SELECT /*+ a\n# */ 1;',
    ['SELECT /*+ a\n# */ 1'],
    { kind: 'read-differently', what: 'hint' },
    { kind: 'read-differently', what: 'hint' },
  ],
  [
    'a hint that holds a comment on its second line',
    'SELECT /*+ a\n/* b */ 1;',
    ['SELECT /*+ a\n/* b */ 1'],
    { kind: 'read-differently', what: 'hint' },
    { kind: 'read-differently', what: 'hint' },
  ],
  [
    'DELIMITER after a hint of no statement',
    '/*+ a */\nDELIMITER //\nSELECT 1//',
    ['SELECT 1'],
    { kind: 'delimiter-misplaced' },
    { kind: 'delimiter-misplaced' },
  ],
  [
    'a versioned comment in a comment',
    '/* a /*! b */ c */ SELECT 1;',
    { kind: 'read-differently', what: 'comment' },
    { kind: 'read-differently', what: 'comment' },
    { kind: 'read-differently', what: 'comment' },
  ],
  [
    'a hint in a comment',
    '/* a /*+ b */ SELECT 1;',
    ['SELECT 1'],
    { kind: 'read-differently', what: 'comment' },
    { kind: 'read-differently', what: 'comment' },
  ],
];

describe('where the two clients differ, the flavour decides', () => {
  const outcome = (script: string, flavour: Flavour | undefined): unknown => {
    try {
      return split(script, undefined, flavour);
    } catch (error) {
      return (error as MajError).message.replace(/^x\.sql:\d+:\d+: /, '');
    }
  };
  const expected = (found: readonly string[] | ScriptProblem): unknown =>
    'kind' in found
      ? en.errors['migration-script']({ file: '', line: 0, column: 0, problem: found }).message.replace(
          /^:0:0: /,
          '',
        )
      : found;
  test.each(differing)('%s', (_title, script, mariadb, mysql, undecided) => {
    expect(outcome(script, 'mariadb')).toEqual(expected(mariadb));
    expect(outcome(script, 'mysql')).toEqual(expected(mysql));
    expect(outcome(script, undefined)).toEqual(expected(undecided));
  });

  test('ANSI_QUOTES is not seen by MySQL’s client, so that a name must not end in a backslash', () => {
    const script = 'SELECT "a\\"; SELECT 2;';
    expect(split(script, 'ANSI', 'mariadb')).toHaveLength(2);
    expect(() => split(script, 'ANSI', 'mysql')).toThrow('ANSI_QUOTES');
    expect(split('SELECT "a\\\\"; SELECT "b";', 'ANSI', 'mysql')).toHaveLength(2);
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
  ['/* a */ DELIMITER //', '1:9', { kind: 'delimiter-misplaced' }],
  ['DELIMITER//', '1:1', { kind: 'delimiter-argument' }],
  ['DELIMITER //\t\nSELECT 1//', '1:1', { kind: 'delimiter-argument' }],
  ["DELIMITER '//\nSELECT 1//", '1:1', { kind: 'delimiter-argument' }],
  ["DELIMITER '/''/'\nSELECT 1//", '1:1', { kind: 'delimiter-argument' }],
  ['DELIMITER §\nSELECT 1§', '1:1', { kind: 'delimiter-argument' }],
  ['DELIMITER 1234567890123456\nSELECT 1', '1:1', { kind: 'delimiter-argument' }],
  ['help select;', '1:1', { kind: 'client-command', command: 'help' }],
  ['? select;', '1:1', { kind: 'client-command', command: '?' }],
  ['SELECT 1 \\', '1:10', { kind: 'client-command', command: '\\' }],
  ['/* a /*/ SELECT 1;', '1:1', { kind: 'read-differently', what: 'comment' }],
  ["é; /*!50003 SELECT /* it */ '*/' */;", '1:4', { kind: 'read-differently', what: 'versioned-comment' }],
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
