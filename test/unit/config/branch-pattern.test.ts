import { describe, expect, test } from 'vitest';
import { fitsPattern, parseBranchPatterns } from '../../../scripts/config/branch-pattern.ts';

describe('a list of branches', () => {
  test.each<[string, string[]]>([
    ['deploy', ['deploy']],
    ['refs/heads/deploy', ['deploy']],
    [' deploy , release/* ', ['deploy', 'release/*']],
    ['mise-en-prod/été', ['mise-en-prod/été']],
    ["it's-$live", ["it's-$live"]],
    ['my-origin/x', ['my-origin/x']],
  ])('is read: %s', (list, patterns) => {
    expect(parseBranchPatterns(list)).toEqual(patterns);
  });

  test.each([
    '',
    ',',
    'deploy,',
    'a b',
    'origin/deploy',
    'upstream/deploy',
    'remotes/x/deploy',
    'refs/remotes/origin/deploy',
    'refs/tags/v1',
    'de..ploy',
    'deploy.lock',
    '.deploy',
    'x/.y',
    '/deploy',
    'deploy/',
    'x//y',
    'deploy.',
    'deploy:x',
    'x^',
    'x~1',
    'x?',
    '[x]',
    'x\\y',
    'x@{1}',
    '@',
    '-x',
    'x\ty',
  ])('is not one: %j', (list) => {
    expect(parseBranchPatterns(list)).toBeUndefined();
  });
});

test.each<[string, string, boolean]>([
  ['deploy', 'deploy', true],
  ['deploy', 'Deploy', true],
  ['deploy', 'deploys', false],
  ['deploy', 'x/deploy', false],
  ['été', 'été', true],
  ['*', 'anything/at/all', true],
  ['release/*', 'release/1/2', true],
  ['release/*', 'release', false],
  ['*-live', 'x-live', true],
  ['*-live', 'x-lively', false],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'acb', false],
  ['a*a', 'a', false],
  ['de.loy', 'deploy', false],
])('%s and %s: %s', (pattern, name, fits) => {
  expect(fitsPattern(pattern, name)).toBe(fits);
});
