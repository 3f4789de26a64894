import { randomFrom, type Random } from './random.ts';

/**
 * Scripts that are hard to split, the same for the same seed. They do no harm on a server: most of it is no SQL, the rest
 * selects constants. Each is a list of pieces, so that a script that shows a fault can be made smaller.
 */
export function generateScript(seed: number): string[] {
  const random = randomFrom(seed);
  if (random.percent(6)) return soup(random);
  const script: string[] = random.percent(5) ? ['\ufeff'] : [];
  // What is wild may hide a delimiter, and then several statements are one to the client: none of them may set sql_mode.
  const wild = random.percent(25);
  let delimiter = ';';
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const kind = random.below(100);
    if (kind < 22) {
      delimiter = random.pick(delimiters);
      script.push(random.pick(wild ? wildDelimiterLines : delimiterLines).replaceAll('X', () => delimiter));
    } else if (kind < 36) script.push(random.pick(blanks), random.pick(comments));
    else if (kind < 46 && !wild)
      script.push('\n', random.pick(modes), delimiter, random.pick(['\n', ' ', '']));
    else script.push(...statement(random, wild), random.percent(92) ? delimiter : '', random.pick(blanks));
  }
  // MySQL's client takes a millisecond for a file that ends in the middle of a line.
  if (random.percent(97)) script.push('\n');
  return random.percent(10) ? script.map((piece) => piece.replaceAll('\n', '\r\n')) : script;
}

/** Signs in any order, of which most never end. */
function soup(random: Random): string[] {
  const signs = random.percent(50) ? [...signSoup, ...quoteSoup] : signSoup;
  return Array.from({ length: 3 + random.below(25) }, () => random.pick(signs));
}

const signSoup: readonly string[] = [
  ...[
    '/*',
    '*/',
    '*',
    '/',
    '!',
    '+',
    'M!',
    '-',
    '--',
    ';',
    ';',
    ' ',
    ' ',
    '\n',
    '\n',
    'x',
    'é',
    '$',
    '$$',
    '/*!',
    '/*+',
  ],
];
const quoteSoup: readonly string[] = ["'", "'", '"', '"', '`', '`', '\\N', "''", '#', '--x'];

function statement(random: Random, wild: boolean): string[] {
  const pieces = [random.pick(heads)];
  for (let left = random.below(7); left > 0; left -= 1) {
    const kind = random.below(100);
    if (kind < 25) pieces.push(random.pick(words));
    else if (kind < 55) pieces.push(random.pick(quoted));
    else if (kind < 72) pieces.push(random.pick(comments));
    else if (kind < 82) pieces.push(random.pick(versioned));
    else if (kind < 86) pieces.push(random.pick(dollars));
    else if (kind < 90) pieces.push(random.pick(delimiters));
    else if (kind < 93 && wild) pieces.push(random.pick(chaos));
    else pieces.push(random.pick(blanks));
  }
  return pieces;
}

const delimiters: readonly string[] = [
  ...[
    ';',
    ';',
    ';',
    ';',
    ';;',
    '//',
    '$$',
    '$$',
    '|',
    '||',
    '#',
    '--',
    '-',
    '*',
    '/',
    '/*',
    '!!',
    'x',
    'SS',
    'abc',
  ],
  ...['$', '$a$', ';;;;', '*/', '4'],
];

const delimiterLines: readonly string[] = [
  '\nDELIMITER X\n',
  'delimiter X\n',
  '\n  Delimiter X\n',
  '\n\tDELIMITER\tX\n',
  "\nDELIMITER 'X'\n",
  '\nDELIMITER "X" rest ; of it\n',
  '\nDELIMITER `X`\n',
  '\nDELIMITER   X   \n',
  '\nDELIMITER X -- why; not\n',
  '-- x\nDELIMITER X\n',
  '/* a\nb */\nDELIMITER X\n',
];

const wildDelimiterLines: readonly string[] = [
  ...delimiterLines,
  '\nDELIMITER X\t\n',
  '\nDELIMITERX\n',
  ' DELIMITER X',
  '\n/* c */ DELIMITER X\n',
  '\n/*+ c */\nDELIMITER X\n',
  "\nDELIMITER 'X\n",
  "\nDELIMITER 'X''X'\n",
  '\nDELIMITER é\n',
  '\nDELIMITER X\\\n',
  '\nDELIMITER "X "\n',
  '\nDELIMITER " X"\n',
  '\nDELIMITER\u000bX\n',
  '\nDELIMITER X \\g\n',
  '\nDELIMITER\n',
  '\nDELIMITER 1234567890123456\n',
  '\u001a\nDELIMITER X\n',
];

const heads: readonly string[] = [
  ...[
    'SELECT ',
    'SELECT ',
    'SELECT ',
    'DO ',
    'select\n',
    'SELECT\t',
    'SET @a = ',
    '(SELECT ',
    'no ',
    '',
    '',
    'VALUES (',
  ],
  ...[
    "'c' ",
    '"a" ',
    '`b` ',
    '1 ',
    '- ',
    '--1 ',
    '--x\n',
    '/*!40101 SELECT 1 */',
    '/*+ a */ SELECT ',
    '@ ',
    'délimiter ',
  ],
  ...[
    'delimit ',
    'SELECTdelimiter\n',
    'INSERT INTO nowhere VALUES (',
    'EXPLAIN ',
    '$$',
    '\\N',
    '\u0001 ',
    '. ',
  ],
];

const blanks: readonly string[] = [
  ' ',
  ' ',
  '\n',
  '\n',
  '\t',
  '',
  '',
  ' \n ',
  '\n\n',
  '\f',
  '\v',
  '\r',
  '  ',
];

const words: readonly string[] = [
  ...[
    'a',
    'b1',
    '1',
    '-2.5',
    ',',
    '(',
    ')',
    '=',
    '*',
    '-',
    '+',
    '/',
    '%',
    '.',
    '@x',
    '|',
    '!',
    'é',
    '😀',
    '§',
    'N',
  ],
  ...[
    'a$b',
    '\\N',
    'delimiter',
    '\ndelimiter ',
    '\nDELIMITER\n',
    '\ndelimiter x ',
    '\ndelimiterX',
    ' use ',
    '\nuse x',
  ],
  ...[
    '\nhelp\n',
    '\nprint',
    '\nstatus\n',
    '5--1',
    '--1',
    '--x',
    '- -',
    '/',
    '* /',
    '/ *',
    '?',
    '\u00a0',
    '\u3000',
  ],
];

const quoted: readonly string[] = [
  ...[
    "'a'",
    "'it''s'",
    String.raw`'a\'b'`,
    String.raw`'\\'`,
    "';'",
    "'\n'",
    "'-- x'",
    "'/* '",
    "'*/'",
    "'#'",
    "''",
  ],
  ...[
    String.raw`'a\nb'`,
    "'a\\\nb'",
    "'//'",
    "'$$'",
    "'é😀'",
    `'"'`,
    "'`'",
    "'\ndelimiter\n'",
    "'\nDELIMITER //\n'",
  ],
  ...[
    '"a"',
    '"a""b"',
    String.raw`"a\"b"`,
    String.raw`"\\"`,
    '";"',
    `"'"`,
    '"`"',
    '"\n"',
    '"/*"',
    '""',
    '"-- "',
  ],
  ...[
    '`a`',
    '`a``b`',
    '`;`',
    '`\\`',
    '`\\\\`',
    "`'`",
    '`"`',
    '`\n`',
    '`é`',
    '`-- `',
    '`/*`',
    '`a\\b`',
    "N'x'",
    "X'00'",
  ],
];

const comments: readonly string[] = [
  ...[
    '/* c */',
    '/* ; */',
    "/* ' */",
    '/* " ` */',
    '/**/',
    '/* a\nb */',
    '/* \n; \n*/',
    '/* *//* */',
    '/* -- */',
  ],
  ...[
    '-- c\n',
    '-- ;\n',
    "-- '\n",
    '--\n',
    '--\tx\n',
    '# c\n',
    "# it's ;\n",
    '---\n',
    '-- /*\n',
    '# */\n',
    '/* \\ */',
  ],
  ...[
    '/* é ; */',
    '/* \ndelimiter\n */',
    '/*+ MAX(1) */',
    '/*+ ; */',
    "/*+ ' */",
    '/*+ -- */',
    '/*+ a\nb */',
  ],
  ...[
    '/*/ */',
    '/* /* */',
    '/* /* ; */',
    '/* /**/',
    '/* /*/ */',
    '/* /*! x */',
    '/* /*+ x */',
    '/* /*!\n x */',
  ],
  ...['/*+ a\n; */', "/*+ a\n' */", '/*+ /* b */', '/*+ /*! b */', '/*  */x', '/* */\n', ' /* a */ /* b */ '],
];

const versioned: readonly string[] = [
  ...[
    '/*!40101 a */',
    "/*!40101 ';' */",
    '/*! x */',
    '/*!*/',
    '/*!99999 x */',
    '/*! é */',
    '/*!40101 "*/" */',
  ],
  ...[
    '/*M! x */',
    "/*M!100100 'a' */",
    "/*M! ' */",
    "/*M! ';*/' */",
    '/*! a\nb */',
    '/*! -- c\n */',
    '/*! # c */\n */',
  ],
  ...[
    '/*! /* c */ */',
    "/*! /* ' */ a */",
    "/*! /* c */ 'a' */",
    "/*! /* ' */ ' */",
    '/*! a\n/* b */ c */',
    '/*! ; */',
  ],
  ...[
    '/*!50000 a /*!50000 b */ c */',
    '/*!50000 a /*!50000 b */ ',
    "/*! '\n' */",
    '/*! /*+ a */ b */',
    '/*! \\N */',
  ],
];

const dollars: readonly string[] = [
  ...[
    '$$',
    '$a$',
    '$a$ x $a$',
    '$$ ; $$',
    "$$ ' $$",
    '$$ \\n $$',
    'x$$',
    '$1$ y $1$',
    '$é$ x $é$',
    '$$\n;\n$$',
    '$ a',
  ],
  ...['$a$ $b$ $a$', '@$a$', '.$$ ; $$', '$a $', '$$ $$$ $$'],
];

const chaos: readonly string[] = [
  "'",
  '"',
  '`',
  '/*',
  '*/',
  '/*!',
  '/*+',
  '\\',
  '--',
  '#',
  '\\G',
  '/*M!',
  ' \u0007',
];

/** sql_mode as scripts set it, each valid on every server. */
const modes: readonly string[] = [
  "SET sql_mode = 'ANSI_QUOTES'",
  'SET SESSION sql_mode=ANSI',
  "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
  "SET @@session.sql_mode := 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
  "SET sql_mode = ''",
  "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
  "SET sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
  "SET @old = @@sql_mode, sql_mode = 'ANSI'",
  'SET sql_mode = @old',
  "/*!40101 SET NAMES utf8mb4, sql_mode='ANSI_QUOTES' */",
];
