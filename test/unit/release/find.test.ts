import { expect, it } from 'vitest';
import { packagesOf } from '../../../scripts/release/package-names.ts';

it.each([
  ['intimemanager-1.1.0.tar.gz', '1.1.0', true],
  ['1.1.0.tgz', '1.1.0', true],
  ['v1.1.0.tar.gz', '1.1.0', true],
  ['app_v1.1.0.tar.zst', '1.1.0', true],
  ['app-1.1.0.zip', '1.1.0', true],
  ['app-2.0.0-rc.1.tar.gz', '2.0.0-rc.1', true],
  ['app-11.1.0.tar.gz', '1.1.0', false],
  ['app-1.1.0.1.tar.gz', '1.1.0', false],
  ['app-1.1.01.tar.gz', '1.1.0', false],
  ['app-1x1x0.tar.gz', '1.1.0', false],
  ['app-1.1.0-rc.1.tar.gz', '1.1.0', false],
  ['app-1.1.0.tar.gz.sha256', '1.1.0', false],
  ['app-1.1.0', '1.1.0', false],
])('%s is a package of version %s: %s', (name, version, expected) => {
  expect(packagesOf([name], version).length > 0).toBe(expected);
});
