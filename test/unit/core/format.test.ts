import { expect, test } from 'vitest';
import { age, bytes, duration, nameList, table } from '../../../scripts/core/format.ts';

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

test.each([
  [0, ''],
  [1, '1.sql'],
  [10, '1.sql, 2.sql, 3.sql, 4.sql, 5.sql, 6.sql, 7.sql, 8.sql, 9.sql, 10.sql'],
  [11, '1.sql, 2.sql, 3.sql, 4.sql, … (3 more) …, 8.sql, 9.sql, 10.sql, 11.sql'],
  [1500, '1.sql, 2.sql, 3.sql, 4.sql, … (1,492 more) …, 1497.sql, 1498.sql, 1499.sql, 1500.sql'],
])('%d names are “%s”', (count, text) => {
  expect(nameList(Array.from({ length: count }, (_, index) => `${index + 1}.sql`))).toBe(text);
});
