import { expect, test } from 'vitest';
import { mayRun } from '../../../scripts/migrations/in-doubt/orphan.ts';

const text = 'ALTER TABLE a ADD COLUMN b INT';

test.each([
  ['Query', text, true],
  ['Killed', text, true],
  // The server may cut what it shows.
  ['Query', text.slice(0, 12), true],
  // Another client has the number by now.
  ['Query', 'SELECT 1', false],
  ['Query', '', false],
  ['Sleep', null, false],
  ['Busy', null, true],
  ['Killed', null, true],
  ['Query', null, true],
])('that a connection which does %s, with the text %j, may be running it: %s', (command, info, expected) => {
  expect(mayRun(command, info, text)).toBe(expected);
});
