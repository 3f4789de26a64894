import { expect, test } from 'vitest';
import { offsetText } from '../../../scripts/database/session/client-settings.ts';

test.each([
  [0, '+00:00'],
  [330, '+05:30'],
  [-150, '-02:30'],
  [840, '+14:00'],
])('%i minutes ahead of UTC are %s', (minutes, text) => {
  expect(offsetText(minutes)).toBe(text);
});
