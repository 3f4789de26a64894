import { expect, it } from 'vitest';
import { normalVersion, versionForms } from '../../../scripts/application/version.ts';

it.each([
  ['1.1.0', '1.1.0'],
  ['v1.1.0', '1.1.0'],
  ['1.1.0-rc.1', '1.1.0-rc.1'],
  ['v1.1.0+7.g3f2a', '1.1.0+7.g3f2a'],
  ['trunk', 'trunk'],
])('%s is recorded as %s', (written, version) => {
  expect(normalVersion(written)).toBe(version);
});

it.each<[string, string | null, readonly string[]]>([
  ['1.1.0', null, ['1.1.0']],
  ['1.1.0', '1.1.0', ['1.1.0']],
  ['1.1.0', 'v1.1.0', ['1.1.0', 'v1.1.0']],
  ['1.1.0', 'v1.0.0', ['1.1.0']],
  ['1.1.0+7', 'v1.1.0+7', ['1.1.0+7', 'v1.1.0+7', '1.1.0']],
  ['1.1.0+7', '1.1.0+6', ['1.1.0+7', '1.1.0']],
  ['trunk', 'trunk', ['trunk']],
])('%s, written as %s, may be printed as %j', (version, written, forms) => {
  expect(versionForms(version, written)).toEqual(forms);
});
