import { describe, expect, it } from 'vitest';
import { judge } from '../../../scripts/application/health.ts';
import type { Answer } from '../../../scripts/net/get-page.ts';

it.each<[string, Partial<Answer>, string | undefined, string | undefined]>([
  ['a page with the text', { status: 200, body: 'ok 1.1.0' }, 'ok 1.1.0', undefined],
  ['204 when no text is asked for', { status: 204 }, undefined, undefined],
  ['an error page with status 200', { status: 200, body: 'Database error' }, 'ok', 'text'],
  ['the text of another version', { status: 200, body: 'ok 1.0.0' }, 'ok 1.1.0', 'text'],
  ['maintenance', { status: 503, body: 'ok' }, 'ok', 'status'],
  ['a way to the login page', { status: 302, location: '/login' }, undefined, 'status'],
])('%s is judged', (_, answer, expected, problem) => {
  const text = expected === undefined ? undefined : { template: expected, version: '' };
  expect(judge({ status: 200, body: '', location: undefined, ...answer }, text)?.kind).toBe(problem);
});

describe('{version} in the text stands for a whole version', () => {
  it.each<[string, string, string, boolean]>([
    ['ok {version}', '2.1.0', 'ok 2.1.0', true],
    ['ok {version}', '2.1.0', 'ok 2.1.0-rc.1', false],
    ['ok {version}', '2.1.0', 'ok 2.1.0+build.7', false],
    ['ok {version}', '1.1.1', 'ok 1.1.10', false],
    ['ok {version}', '1.1.1', 'ok 1.1.1.2', false],
    ['ok {version}', '1.1.0', 'All is ok 1.1.0. Good night.', true],
    ['ok {version}', '1.1.0', 'ok 1.1.0.', true],
    ['ok {version}', '1.1.0', 'ok 1.1.0\n', true],
    ['ok {version}', '1.1.0-rc.1', 'ok 1.1.0-rc.1', true],
    ['ok {version}', '1.1.0-rc.1', 'ok 1.1.0-rc.10', false],
    ['{version}', '1.1.0', 'IntimeManager 11.1.0', false],
    ['{version}', '1.1.0', 'IntimeManager 2.1.1.0', false],
    ['{version}', '1.1.0', 'IntimeManager v1.1.0', true],
    ['{version}', '1.1.0', 'IntimeManager rev1.1.0', false],
    ['{version}', '1.1.0', '<b>1.1.0</b> of 1.0.0', true],
    ['{version}', '1.1.0', '{"was":"1.1.0-rc.1","version":"1.1.0"}', true],
    ['v{version}', '1.1.0', 'v1.1.0', true],
    ['app-{version}-live', '1.1.0', 'app-1.1.0-live', true],
    ['app-{version}.', '1.1.0', 'app-1.1.0.5', false],
    ['{version} and {version}', '1.1.0', '1.1.0 and 1.1.0-rc.1', false],
    ['ok {version}', '1.1.0', 'ok 1x1x0', false],
    ['ok {version}', '', 'ok 1.1.0', true],
    ['ok {version}', '24.05', 'ok 24.05', true],
    ['ok {version}', '24.05', 'ok 24.05.1', false],
    ['ok {major}.{minor}', '6.4.1', 'ok 6.4', true],
    ['ok {major}.{minor}', '6.4.1', 'ok 6.4.1', true],
    ['ok {major}.{minor}', '6.4.1', 'ok 6.40', false],
    ['ok {major}.{minor}', '6.4.1', 'ok 16.4', false],
    ['{major}.{minor}', '6.4.1', 'of 1.6.4', false],
    ['{major}.{minor}', '6.4.1', 'of v6.4', true],
    ['{major}.{minor}', '24.05', '24.05', true],
    ['release {major}', '6.4.1', 'release 6', true],
    ['release {major}', '6.4.1', 'release 66', false],
    ['{major}-{minor}-{patch}', '28.0.1.1', '28-0-1', true],
    ['{patch} of {version}', '6.4', '0 of 6.4', true],
    ['{patch} of {version}', '6.4', '0 of 6.41', false],
  ])('%s, of %s, in “%s”: %s', (template, version, body, holds) => {
    const problem = judge({ status: 200, body, location: undefined }, { template, version });
    expect(problem === undefined).toBe(holds);
  });
});
