import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../scripts/config/parse.ts';
import { splitWords } from '../../../scripts/system/process/shell-words.ts';

describe('a command line, taken apart as a shell would', () => {
  test.each([
    ['docker exec -i db', ['docker', 'exec', '-i', 'db']],
    ['  a\t b\n', ['a', 'b']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`-o'one 'two"three"`, ['-oone twothree']],
    [`"say \\"so\\" \\$HOME \\a"`, ['say "so" $HOME \\a']],
    [`'it'\\''s' ''`, ["it's", '']],
    ['$HOME ~ * `id`', ['$HOME', '~', '*', '`id`']],
    ['', []],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each(["'a", '"a', 'a\\', '"a\\"'])('%s is not closed', (text) => {
    expect(splitWords(text)).toBeUndefined();
  });
});

const parsed = (settings: Record<string, string>) => parseSettings(settings, Object.keys(settings));

describe('settings that are more than a text', () => {
  test.each([
    ['db', { host: 'db', port: undefined }],
    ['db.example:3307', { host: 'db.example', port: 3307 }],
    ['::1', { host: '::1', port: undefined }],
    ['[fe80::1]:3306', { host: 'fe80::1', port: 3306 }],
    ['/run/mysqld/mysqld.sock', { socket: '/run/mysqld/mysqld.sock' }],
  ])('CLIENT_HOST=%s', (text, place) => {
    expect(parsed({ CLIENT_HOST: text })).toMatchObject({ ok: true, config: { CLIENT_HOST: place } });
  });

  test.each([
    ['CLIENT_HOST', 'db:port'],
    ['CLIENT_HOST', 'db:70000'],
    ['CLIENT_HOST', 'run/mysqld.sock'],
    ['CLIENT_COMMAND', "docker exec -i 'db"],
    ['MIGRATIONS_PATTERN', String.raw`(\d+`],
    ['MIGRATIONS_PATTERN', String.raw`\d+_\w+\.sql`],
    ['MIGRATIONS_PATTERN', String.raw`(?:\d+)\.sql`],
    ['MIGRATIONS_PATTERN', String.raw`a)|(b`],
  ])('%s=%s is refused', (name, text) => {
    expect(parsed({ [name]: text })).toMatchObject({ ok: false, problems: [{ kind: 'invalid', name }] });
  });

  test.each([
    "%P%=a'",
    '%P%=a b',
    '%P%=a;',
    '%P%=a`',
    '%P%=a.b',
    '%P%=a-',
    '%P%',
    '=a',
    'P=a',
    'a b=c',
    "'P'=a",
    '%P%=a,%P%=b',
    '%P%=a,',
    ',',
  ])('MIGRATIONS_PLACEHOLDERS=%s is refused, and says what may be put in', (text) => {
    expect(parsed({ MIGRATIONS_PLACEHOLDERS: text })).toMatchObject({
      ok: false,
      problems: [{ kind: 'invalid', expected: expect.stringContaining('digits') as string }],
    });
  });

  test('MIGRATIONS_PLACEHOLDERS is a list', () => {
    expect(parsed({ MIGRATIONS_PLACEHOLDERS: '%P%=app_, {charset}=utf8mb4,#__=,{a=b}=é$1' })).toMatchObject({
      config: {
        MIGRATIONS_PLACEHOLDERS: [
          { text: '%P%', value: 'app_' },
          { text: '{charset}', value: 'utf8mb4' },
          { text: '#__', value: '' },
          { text: '{a=b}', value: 'é$1' },
        ],
      },
    });
  });

  test('CLIENT_COMMAND is read as words', () => {
    expect(parsed({ CLIENT_COMMAND: 'ssh "db host"' })).toMatchObject({
      config: { CLIENT_COMMAND: ['ssh', 'db host'] },
    });
  });
});
