import { describe, expect, test } from 'vitest';
import { expandEnvFile, parseEnvFile } from '../../../scripts/config/env-file.ts';

const environment = new Map([
  ['HOME', '/home/me'],
  ['DB_DATABASE', 'elsewhere'],
]);

/** What a file says, in an environment that has HOME and DB_DATABASE. */
const read = (text: string, fileFirst = false): ReturnType<typeof expandEnvFile> =>
  expandEnvFile(parseEnvFile(text), (name) => environment.get(name), fileFirst);

describe('a value in .env', () => {
  test.each<[line: string, value: string]>([
    // What was a value before names were put in is the same one still, but where it has braces.
    ['pa$$word', 'pa$$word'],
    ['$OTHER', '$OTHER'],
    ['"$OTHER"', '$OTHER'],
    ['a$', 'a$'],
    ['a\\$b', 'a\\$b'],
    ['"a\\$b"', 'a\\$b'],
    ['a${', 'a${'],
    ['a${}b', 'a${}b'],
    ['a${1}b', 'a${1}b'],
    ['a${x-y', 'a${x-y'],
    ['a${OTHER:?no}', 'a${OTHER:?no}'],
    ['$(whoami)', '$(whoami)'],
    ["'a$b'", 'a$b'],
    ["'a${OTHER}b'", 'a${OTHER}b'],
    ["'a${NOBODY}b'", 'a${NOBODY}b'],
    ["'\\${OTHER}'", '\\${OTHER}'],
    ["'two\nlines ${OTHER}'", 'two\nlines ${OTHER}'],
    // Names.
    ['${OTHER}', 'shop'],
    ['"${OTHER}"', 'shop'],
    ['`${OTHER}`', 'shop'],
    ['"\'${OTHER}\'"', "'shop'"],
    ['a${OTHER}b${OTHER} # comment', 'ashopbshop'],
    ['${HOME}/backups', '/home/me/backups'],
    ['${EMPTY}', ''],
    ['${SECOND}', 'shop-2'],
    ['${QUOTED}', '${OTHER}'],
    ['${PERCENT}', '$&'],
    ['\\${OTHER}', '${OTHER}'],
    ['"\\${OTHER}"', '${OTHER}'],
    ['\\${OTHER:-x}', '${OTHER:-x}'],
    // Defaults.
    ['${OTHER:-x}', 'shop'],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY-x}', ''],
    ['${NOBODY:-x}', 'x'],
    ['${NOBODY-x}', 'x'],
    ['${NOBODY:-}', ''],
    ['${NOBODY:-${OTHER}}/a', 'shop/a'],
    ['${OTHER:-${NOBODY}}', 'shop'],
    ['${NOBODY:-a{b}}', 'a{b}'],
  ])('%s is %s', (line, value) => {
    const others = "SECOND=${OTHER}-2\nOTHER=shop\nEMPTY=\nQUOTED='${OTHER}'\nPERCENT='$&'";
    const { texts, missing } = read(`A=1\nVALUE=${line}\n${others}\n`);
    expect([texts['VALUE'], missing.get('VALUE')]).toEqual([value, undefined]);
  });

  test('is the last one of its name, with the quotes of that', () => {
    expect(read("A=x\nB='${A}'\nB=${A}\nC=${A}\nC='${A}'\n").texts).toEqual({ A: 'x', B: 'x', C: '${A}' });
  });
});

test.each<[text: string, missing: Record<string, string[]>]>([
  ['A=${NOBODY}', { A: ['NOBODY'] }],
  ['A=${NOBODY} ${OTHERS}', { A: ['NOBODY', 'OTHERS'] }],
  ['A=${NOBODY:-${OTHERS}}', { A: ['OTHERS'] }],
  ['A=${B}\nB=${C}', { A: ['C'], B: ['C'] }],
  ['A=${A}', { A: ['A'] }],
  ['A=${B}\nB=${A}', { A: ['A'], B: ['B'] }],
  ['A=${toString}', { A: ['toString'] }],
])('a name that nobody has stays as it is written, and is told: %s', (text, missing) => {
  const expanded = read(text);
  expect(Object.fromEntries(expanded.missing)).toEqual(missing);
  expect(expanded.texts['A']).toContain('${');
});

test('the environment goes before the file, or after it; a name that stands for itself is asked for there', () => {
  const text = 'DB_DATABASE=here\nDB_NAME=${DB_DATABASE}\nHOME=${HOME}/maj\nA=${HOME}\n';
  expect(read(text).texts).toMatchObject({ DB_NAME: 'elsewhere', HOME: '/home/me/maj', A: '/home/me' });
  expect(read(text, true).texts).toMatchObject({
    DB_NAME: 'here',
    HOME: '/home/me/maj',
    A: '/home/me/maj',
  });
});
