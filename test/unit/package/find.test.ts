import { describe, expect, it } from 'vitest';
import { newestOf, packagesOf, versionInName } from '../../../scripts/package/package-formats.ts';

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
  // As they are named upstream.
  ['roundcubemail-1.7.3-complete.tar.gz', '1.7.3', true],
  ['roundcubemail-1.7.3-complete.tar.gz', '1.7.30', false],
  ['roundcubemail-1.7.3-rc2-complete.tar.gz', '1.7.3', false],
  ['roundcubemail-1.7.3-rc2-complete.tar.gz', '1.7.3-rc2', true],
  ['Piwigo-15.1.0.zip', '15.1', true],
  ['ghost-5.87.0.tgz', 'v5.87.0', true],
  ['wordpress-6.4.zip', '6.4', true],
  ['wordpress-6.4.zip', '6.4.0', true],
  ['wordpress-6.4.2.zip', '6.4', false],
  ['osTicket-v1.18.zip', '1.18', true],
  ['bookstack-v24.05.1.tar.gz', '24.05.1', true],
  ['phpMyAdmin-5.2.1-all-languages.zip', '5.2.1', true],
  ['nextcloud-28.0.1.1.tar.bz2', '28.0.1.1', true],
  ['nextcloud-28.0.1.1.tar.bz2', '28.0.1', false],
  ['nextcloud-28.0.0rc1.zip', '28.0.0', false],
  ['nextcloud-28.0.0rc1.zip', '28.0.0-rc.1', true],
  ['Joomla_5.1.0-Stable-Full_Package.zip', '5.1', true],
  ['magento_2.4.7-p3.zip', '2.4.7', false],
  ['magento_2.4.7-p3.zip', '2.4.7-p3', true],
  ['limesurvey6.5.7+240430.zip', '6.5.7', true],
  ['limesurvey6.5.7+240430.zip', '6.5.7+240430', true],
  ['limesurvey6.5.7+240430.zip', '6.5.7+240429', false],
  ['app-1.1.0.zip', '1.1.0+7', true],
  ['app-12.zip', '12', true],
  ['app2-1.1.0.zip', '2', false],
  ['php8.2-app-1.1.0.zip', '1.1.0', true],
  ['php8.2-app-1.1.0.zip', '8.2', false],
  ['php-8.2-app-1.1.0.zip', '1.1.0', true],
  ['app-1.1.0-php8.2.zip', '1.1.0', true],
  ['app-1.1.0-php8.2.zip', '8.2', false],
  ['app-1.1.0-linux-x86_64.zip', '1.1.0', true],
  ['app-1.1.0-20240501.zip', '1.1.0', false],
  ['app-1.1.0-development.zip', '1.1.0', true],
  ['app-1.1.0-myfork.zip', '1.1.0-myfork', true],
  ['app-5.0.0.Final.zip', '5.0.0.Final', true],
  ['app@1.1.0.tgz', '1.1.0', true],
  ['trunk.zip', '1.1.0', false],
])('%s is a package of version %s: %s', (name, version, expected) => {
  expect(packagesOf([name], version).length > 0).toBe(expected);
});

it.each([
  [['a-1.0.zip', 'a-1.0.0.zip'], '1.0', ['a-1.0.0.zip', 'a-1.0.zip']],
  [['a-1.0.0+1.zip', 'a-1.0.0+2.zip', 'a-1.0.0.zip'], '1.0.0', ['a-1.0.0.zip']],
  [['a-1.0.0+1.zip', 'a-1.0.0+2.zip', 'a-1.0.0.zip'], '1.0.0+2', ['a-1.0.0+2.zip']],
  [['a-1.0.0+1.zip', 'a-1.0.0.zip'], '1.0.0+2', ['a-1.0.0.zip']],
  [['a-1.0.0+1.zip', 'a-1.0.0+2.zip'], '1.0.0', ['a-1.0.0+1.zip', 'a-1.0.0+2.zip']],
])('of %j are of %s: %j', (names, version, expected) => {
  expect(packagesOf(names, version)).toEqual(expected);
});

describe('the version that a name tells', () => {
  it.each([
    ['roundcubemail-1.7.3-complete.tar.gz', '1.7.3'],
    ['app-1.1.0-rc.1-full.zip', '1.1.0-rc.1'],
    ['v24.05.1', 'v24.05.1'],
    ['trunk.zip', undefined],
  ])('%s: %s', (name, version) => {
    expect(versionInName(name)).toBe(version);
  });
});

it('of the versions that there are the newest are listed, once each', () => {
  const there = ['1.9', 'trunk', undefined, '1.10', '1.10', '24.05', '2.0rc1', '2.0', '0.1', '0.2'];
  expect(newestOf(there)).toEqual(['24.05', '2.0', '2.0rc1', '1.10', '1.9']);
});
