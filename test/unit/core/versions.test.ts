import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  isSameVersion,
  isVersion,
  normalVersion,
  numbersOf,
  versionNames,
} from '../../../scripts/core/versions.ts';
import { isInRange, isRange } from '../../../scripts/package/requirements.ts';

it.each([
  ['1.2.3', '1.2.3'],
  ['v1.2.3', '1.2.3'],
  ['V1.2.3', '1.2.3'],
  [' 1.2.3\n', '1.2.3'],
  ['6.4', '6.4'],
  ['12', '12'],
  ['24.05', '24.05'],
  ['v24.05.1', '24.05.1'],
  ['28.0.1.1', '28.0.1.1'],
  ['1.18', '1.18'],
  ['8.0.0rc1', '8.0.0rc1'],
  ['2.0-beta2', '2.0-beta2'],
  ['2.0.0-beta.2', '2.0.0-beta.2'],
  ['6.4-alpha', '6.4-alpha'],
  ['5.0.0.Final', '5.0.0.Final'],
  ['v1.1.0+7.g3f2a', '1.1.0+7.g3f2a'],
  ['1.1.0-rc.1+7', '1.1.0-rc.1+7'],
])('%j is a version, shown as %s', (written, shown) => {
  expect([isVersion(written.trim()), normalVersion(written)]).toEqual([true, shown]);
});

it.each([
  'trunk',
  'v',
  '',
  '1.',
  '.1',
  '1..2',
  '1.2.3 of today',
  'app-1.2.3',
  '2024-02-06a',
  '3f2a91c',
  '1a',
  '6.4.x',
  '1.0.0+',
  '../1.0',
  '1.0/2',
  '1.0-é',
  `1.${'0'.repeat(100)}`,
])('%j is none, and stays as it is', (text) => {
  expect([isVersion(text), normalVersion(text)]).toEqual([false, text]);
});

/** Each comes before the next. */
const inOrder = [
  ['0.9', '1.18'],
  ['1.9', '1.18', '2'],
  ['6.4', '6.4.1', '6.4.1.1', '6.4.2', '6.10', '10.0'],
  ['23.12.3', '24.05', '24.05.1', '24.11', '24.12'],
  ['28.0.1', '28.0.1.1', '28.0.1.2', '28.0.1.10', '28.0.2'],
  ['8.0.0-dev', '8.0.0alpha1', '8.0.0beta1', '8.0.0rc1', '8.0.0RC2', '8.0.0-rc10', '8.0.0', '8.0.1alpha'],
  ['2.0-alpha', '2.0-alpha.1', '2.0-beta2', '2.0-beta.10', '2.0', '2.0.1-rc1'],
  ['1.0.0-0', '1.0.0-1', '1.0.0-1.alpha', '1.0.0-alpha', '1.0.0-alpha.beta', '1.0.0'],
  ['2.4.7-rc1', '2.4.7', '2.4.7-p1', '2.4.7-p10', '2.4.8'],
  ['1.0.9007199254740993', '1.0.9007199254740994'],
] as const;

describe.each(inOrder.map((versions) => [versions]))('the order %j', (versions) => {
  it('is that of every two of them', () => {
    for (const [i, one] of versions.entries())
      for (const [j, other] of versions.entries())
        expect([one, other, Math.sign(compareVersions(one, other))]).toEqual([one, other, Math.sign(i - j)]);
  });
});

it.each<[string | null, string | null, boolean]>([
  ['1.2.3', 'v1.2.3', true],
  ['6.4', '6.4.0', true],
  ['6.4', 'v6.4.0.0', true],
  ['12', '12.0', true],
  ['24.05', '24.5', true],
  ['8.0.0rc1', '8.0.0-RC1', true],
  ['8.0.0rc1', '8.0.0-rc.1', true],
  ['2.0b2', '2.0.0-beta.2', true],
  ['1.0.0-constructor', '1.0.0-constructor', true],
  ['6.4', '6.4.1', false],
  ['6.4', '6.40', false],
  ['6.4', '6.4-rc1', false],
  ['1.1.0+7', '1.1.0', false],
  ['1.1.0+7', '1.1.0+8', false],
  ['1.1.0+7', 'v1.1.0+7', true],
  ['trunk', 'trunk', true],
  ['trunk', 'v6.4', false],
  [null, null, true],
  [null, '6.4', false],
])('%s and %s are one version: %s', (one, other, same) => {
  expect([isSameVersion(one, other), isSameVersion(other, one)]).toEqual([same, same]);
});

it.each([
  ['6.4', ['6.4', '6.4.0']],
  ['6.4.0', ['6.4.0', '6.4']],
  ['v6.4.1', ['6.4.1']],
  ['12', ['12', '12.0', '12.0.0']],
  ['2.0.0.0', ['2.0.0.0', '2.0', '2.0.0']],
  ['2.0-beta2', ['2.0-beta2', '2.0.0-beta2']],
  ['1.0.0+7', ['1.0.0+7', '1.0+7']],
  ['trunk', ['trunk']],
])('%s may be named %j', (version, names) => {
  expect(versionNames(version)).toEqual(names);
});

it.each([
  ['6.4.1', ['6', '4', '1']],
  ['v24.05', ['24', '05', '0']],
  ['28.0.1.1', ['28', '0', '1']],
  ['trunk', undefined],
])('the numbers of %s are %j', (version, numbers) => {
  expect(numbersOf(version)).toEqual(numbers);
});

it.each([
  ['>=8.2 <9', '8.2.7', true],
  ['^8.2', '9.0.0', false],
  ['8.x', '8.9', true],
  ['>=6.4', '6.4', true],
  ['>=6.4.1', '6.4', false],
  ['>=24.05', '24.05.1', true],
  ['>=24.11', '24.05.1', false],
  ['>=24.5 || 12', '24.05', true],
  ['>=28.0.1.2 <29', '28.0.1.1', false],
  ['>=28.0.1.2 <29', '28.0.1.10', true],
  ['>=28.0.1', '28.0.1.1', true],
  ['~28.0.1', '28.0.2', true],
  ['1.0.0 - 2.0.0', '1.9', true],
  ['>=2.0-beta2', '2.0beta1', false],
  ['>=2.0-beta2', '2.0beta10', true],
  ['>=2.0-beta2', '2.0', true],
  ['>=2.0', '2.0-p1', true],
  ['*', 'trunk', false],
])('of the range %s is %s: %s', (range, version, holds) => {
  expect([isRange(range), isInRange(version, range)]).toEqual([true, holds]);
});

it.each(['trunk', '>=1.0 and less', '=>8'])('%s is no range', (range) => {
  expect(isRange(range)).toBe(false);
});
