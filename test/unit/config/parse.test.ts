import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { nearestName } from '../../../scripts/config/nearest-name.ts';
import { parseSettings, type SettingProblem } from '../../../scripts/config/parse.ts';
import { settingNames, type Config } from '../../../scripts/config/settings.ts';
import { parseDuration } from '../../../scripts/config/types.ts';

function configOf(texts: Record<string, string>): Config {
  const parsed = parseSettings(texts, Object.keys(texts));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

function problemsOf(texts: Record<string, string>): readonly SettingProblem[] {
  const parsed = parseSettings(texts, Object.keys(texts));
  return parsed.ok ? [] : parsed.problems;
}

describe('settings', () => {
  test('have their defaults when nothing is given', () => {
    expect(configOf({})).toMatchObject({ DB_HOST: 'localhost', DB_PORT: 3306, BACKUP_MAX_AGE: 86_400_000 });
  });

  test('are read as what they are', () => {
    expect(
      configOf({ APP_PERSIST: 'uploads, .env ,,', DB_PORT: '3307', BACKUP_MAX_AGE: '90m' }),
    ).toMatchObject({
      APP_PERSIST: ['uploads', '.env'],
      DB_PORT: 3307,
      BACKUP_MAX_AGE: 5_400_000,
    });
  });

  test('take an empty text for not given', () => {
    expect(configOf({ DB_NAME: '', DB_HOST: '' })).toMatchObject({ DB_HOST: 'localhost' });
    expect(configOf({ DB_NAME: '' }).DB_NAME).toBeUndefined();
    expect(configOf({}).DB_SQL_MODE).toBeUndefined();
    expect(configOf({ DB_SQL_MODE: '' }).DB_SQL_MODE).toBe('');
  });

  test('come from one address', () => {
    const config = configOf({ DATABASE_URL: 'mysql://a%40b:p%3Aw@db.example:3307/in%20time' });
    expect(config).toMatchObject({
      DB_HOST: 'db.example',
      DB_PORT: 3307,
      DB_NAME: 'in time',
      DB_USER: 'a@b',
    });
    expect(config.DB_PASSWORD?.reveal()).toBe('p:w');
  });

  test('no number of days or backups to keep stands for none at all', () => {
    expect(configOf({})).toMatchObject({ BACKUP_KEEP_DAYS: 30, BACKUP_KEEP_LEAST: 3 });
    expect(configOf({ BACKUP_KEEP_DAYS: '', BACKUP_KEEP_LEAST: '' })).toMatchObject({
      BACKUP_KEEP_DAYS: 30,
      BACKUP_KEEP_LEAST: 3,
    });
    const invalid = problemsOf({ BACKUP_KEEP_DAYS: '0', BACKUP_KEEP_LEAST: '0' });
    expect(invalid).toMatchObject([{ name: 'BACKUP_KEEP_DAYS' }, { name: 'BACKUP_KEEP_LEAST' }]);
  });

  test('report every problem at once', () => {
    expect(
      problemsOf({
        DB_PORT: 'x',
        APP_LAYOUT: 'sideways',
        APP_VERSION_PATTERN: '(open',
        MAJ_LANGUAGE: 'a',
        APP_HEALTH_URL: 'ftp://x',
      }),
    ).toEqual([
      { kind: 'unknown', name: 'MAJ_LANGUAGE', nearest: 'MAJ_LANG' },
      { kind: 'invalid', name: 'DB_PORT', expected: 'a whole number from 1 to 65535' },
      { kind: 'invalid', name: 'APP_LAYOUT', expected: 'in-place|releases' },
      { kind: 'invalid', name: 'APP_VERSION_PATTERN', expected: 'a regular expression' },
      { kind: 'invalid', name: 'APP_HEALTH_URL', expected: 'URL (http or https, without user and password)' },
    ]);
  });

  const address = 'mysql://u:p@h/d';
  const both = (other: string): unknown => ({ kind: 'both', name: 'DATABASE_URL', other });
  test.each([
    ['a part that says something else', { DB_NAME: 'x' }, [both('DB_NAME')]],
    [
      'parts that do',
      { DB_NAME: 'd', DB_HOST: 'localhost', DB_PORT: '3307' },
      [both('DB_HOST'), both('DB_PORT')],
    ],
    ['a socket, where the address has none', { DB_SOCKET: '/s' }, [both('DB_SOCKET')]],
    [
      'parts that say the same',
      { DB_HOST: 'h', DB_PORT: '3306', DB_NAME: 'd', DB_USER: 'u', DB_PASSWORD: 'p' },
      [],
    ],
    ['empty parts', { DB_HOST: '', DB_PASSWORD: '', DB_SOCKET: '' }, []],
  ])('compare an address with what stands beside it: %s', (_, parts, problems) => {
    expect(problemsOf({ DATABASE_URL: address, ...parts })).toEqual(problems);
  });

  test('refuse an address of something else', () => {
    expect(problemsOf({ DATABASE_URL: 'postgres://u:p@h/d' })).toEqual([{ kind: 'bad-url' }]);
  });

  test('leave names alone that are not meant for us', () => {
    expect(problemsOf({ PATH: 'x', NODE_ENV: 'production' })).toEqual([]);
  });
});

test.each([
  ['24h', 86_400_000],
  ['90m', 5_400_000],
  ['30s', 30_000],
  ['250ms', 250],
  ['7d', 604_800_000],
  ['24', undefined],
  ['h', undefined],
  ['-1h', undefined],
])('the duration %s is %s ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each([
  ['DB_NAMES', 'DB_NAME'],
  ['BACKUP_MAXAGE', 'BACKUP_MAX_AGE'],
  ['APP_ZZZZZZZZZZZZ', undefined],
])('the name nearest to %s is %s', (name, nearest) => {
  expect(nearestName(name, settingNames)).toBe(nearest);
});

test('a secret does not show itself', () => {
  const secret = configOf({ DB_PASSWORD: 'hunter2' }).DB_PASSWORD;
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { depth: 9, showHidden: true }),
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
  expect(secret?.reveal()).toBe('hunter2');
});

test('an address with a stray % is a problem with a name, and its password is not quoted', () => {
  const problems = problemsOf({ DATABASE_URL: 'mysql://u:pa%ss@db/name' });
  expect(problems).toEqual([{ kind: 'bad-url' }]);
});

test('an IPv6 host loses the brackets that it has in an address', () => {
  expect(configOf({ DATABASE_URL: 'mysql://u:p@[::1]:3307/name' }).DB_HOST).toBe('::1');
});

test('a health page with a password in its address is refused: the address is printed', () => {
  const problems = problemsOf({ APP_HEALTH_URL: 'http://user:hunter2@localhost/health' });
  expect(problems).toMatchObject([{ kind: 'invalid', name: 'APP_HEALTH_URL' }]);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});
