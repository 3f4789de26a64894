import { expect, it } from 'vitest';
import { isUnder, persistentPaths } from '../../../scripts/config/persistent.ts';

it.each<[readonly string[], readonly string[]]>([
  [
    ['uploads', '.env'],
    ['.env', 'uploads'],
  ],
  [
    ['uploads/', './var//data'],
    ['uploads', 'var/data'],
  ],
  [['uploads/images', 'uploads'], ['uploads']],
  [
    ['uploads', 'uploads-old'],
    ['uploads', 'uploads-old'],
  ],
  [['a', 'a'], ['a']],
  [[], []],
])('%j become %j', (given, expected) => {
  expect(persistentPaths(given)).toEqual(expected);
});

it.each(['/etc', '..', '../x', 'a/../../x', '.', './'])(
  '%j is refused: it is not inside the application',
  (path) => {
    expect(() => persistentPaths([path])).toThrow(path);
  },
);

it('a path is under one only at a slash', () => {
  expect(isUnder(['uploads'], 'uploads')).toBe(true);
  expect(isUnder(['uploads'], 'uploads/a/b')).toBe(true);
  expect(isUnder(['uploads'], 'uploads-old')).toBe(false);
});
