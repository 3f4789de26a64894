import { expect, test } from 'vitest';
import { age, bytes, duration, table } from '../../../scripts/terminal/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_499, '999 kB'],
  [1_440_000_000, '1.4 GB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test.each([
  [40, '0.0 s'],
  [420, '0.4 s'],
  [38_200, '38 s'],
  [192_000, '3 min 12 s'],
  [7_500_000, '2 h 05 min'],
])('%d ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each([
  [1000, 'less than a minute'],
  [300_000, '5 min'],
  [10_800_000, '3 h'],
  [1_036_800_000, '12 days'],
])('%d ms ago are %s', (milliseconds, text) => {
  expect(age(milliseconds)).toBe(text);
});

test('a table’s columns stand under one another, without blanks at the ends', () => {
  expect(
    table([
      ['a', 'long', ''],
      ['bbb', 'x', 'y'],
    ]),
  ).toEqual(['a    long', 'bbb  x     y']);
});
