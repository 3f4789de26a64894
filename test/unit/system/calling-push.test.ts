import { expect, test } from 'vitest';
import { wordsOfPush } from '../../../scripts/system/process/calling-push.ts';

test.each<[string[], string[] | undefined]>([
  [
    ['git', 'push', 'origin', 'main'],
    ['origin', 'main'],
  ],
  [['/usr/bin/git', '-C', 'push', '-c', 'a=b', 'push'], []],
  [['git', '--no-pager', '--git-dir', 'push', 'push', '--all'], ['--all']],
  [['/usr/lib/git-core/git-push', 'origin'], ['origin']],
  [['git', 'fetch', 'push'], undefined],
  [['git', '-C', 'push'], undefined],
  [['sh', '-c', 'git push'], undefined],
  [['node', 'git', 'push'], undefined],
  [[], undefined],
])('%j', (line, words) => {
  expect(wordsOfPush(line)).toEqual(words);
});
