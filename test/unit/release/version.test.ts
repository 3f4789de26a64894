import { expect, it } from 'vitest';
import { versionForms, versionInText, type VersionPlace } from '../../../scripts/release/version.ts';
import { patternOf } from '../../../scripts/system/regular-expression.ts';

it.each<[string, string | null, readonly string[]]>([
  ['1.1.0', null, ['1.1.0']],
  ['1.1.0', '1.1.0', ['1.1.0']],
  ['1.1.0', 'v1.1.0', ['1.1.0', 'v1.1.0']],
  ['1.1.0', 'v1.0.0', ['1.1.0']],
  ['1.1.0+7', 'v1.1.0+7', ['1.1.0+7', 'v1.1.0+7', '1.1.0']],
  ['1.1.0+7', '1.1.0+6', ['1.1.0+7', '1.1.0']],
  ['trunk', 'trunk', ['trunk']],
  ['6.4.0', 'v6.4', ['6.4.0', 'v6.4']],
  ['24.05', 'v24.05', ['24.05', 'v24.05']],
])('%s, written as %s, may be printed as %j', (version, written, forms) => {
  expect(versionForms(version, written)).toEqual(forms);
});

const roundcube = `<?php\ndefine('RCMAIL_VERSION', '1.7.3');\ndefine('RCMAIL_START', 1);\n`;

it.each<[string, string | undefined, string, string]>([
  ['VERSION', undefined, 'v24.05.1\n', 'v24.05.1'],
  ['VERSION', undefined, '\ufeff6.4\r\nof today\r\n', '6.4'],
  ['VERSION', undefined, ' \n', 'empty'],
  ['package.json', undefined, '{"name": "ghost", "version": "5.87.0"}', '5.87.0'],
  ['src/composer.json', undefined, '{"version": "v2.0-beta2"}', 'v2.0-beta2'],
  ['composer.json', undefined, '{"name": "a/b"}', 'no-key'],
  ['composer.json', undefined, '{"version": 2}', 'no-key'],
  ['composer.json', undefined, '{"version": " "}', 'no-key'],
  ['composer.json', undefined, '"1.0"', 'no-key'],
  ['package.json', undefined, 'version: 1', 'no-json'],
  ['iniset.php', String.raw`RCMAIL_VERSION', '([^']+)'`, roundcube, '1.7.3'],
  ['iniset.php', String.raw`(?<=RCMAIL_VERSION', ')[^']+`, roundcube, '1.7.3'],
  ['iniset.php', '^version: (.*)$', 'name: a\nversion: 1.18 \n', '1.18'],
  ['iniset.php', 'a(b)?', 'xa', 'a'],
  ['iniset.php', 'OTHER_VERSION', roundcube, 'no-match'],
  ['iniset.php', 'START(.*?)', roundcube, 'no-match'],
  ['package.json', '"release": "(.*?)"', '{"version": "1.0", "release": "1.1"}', '1.1'],
  ['VERSION', '(a+)+$', `${'a'.repeat(60)}b`, 'endless'],
])('%s with the pattern %s: %j tells %s', (APP_VERSION_FILE, pattern, text, expected) => {
  const place: VersionPlace = {
    APP_VERSION_FILE,
    APP_VERSION_PATTERN: pattern === undefined ? undefined : patternOf(pattern),
  };
  const found = versionInText(text, place);
  expect('written' in found ? found.written : found.because).toBe(expected);
});
