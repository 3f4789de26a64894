import { expect, test } from 'vitest';
import { strangerTo } from '../../../scripts/config/stranger.ts';

test.each([
  ['one’s own', 1000, 0o644, 1000, undefined, undefined],
  ['the administrator’s', 0, 0o644, 1000, undefined, undefined],
  ['another user’s', 1001, 0o644, 1000, undefined, 'owner'],
  ['a user’s, as root', 1000, 0o600, 0, undefined, 'owner'],
  ['of whoever called sudo', 1000, 0o600, 0, 1000, undefined],
  ['another’s, called by sudo', 1001, 0o600, 0, 1000, 'owner'],
  ['another’s, and no root is at work', 1001, 0o600, 1000, 1001, 'owner'],
  ['the group’s to write', 1000, 0o664, 1000, undefined, undefined],
  ['everybody’s to write', 1000, 0o666, 1000, undefined, 'writable'],
  ['root’s, and everybody’s to write', 0, 0o777, 0, undefined, 'writable'],
  ['of whoever called sudo, and everybody’s to write', 1000, 0o622, 0, 1000, 'writable'],
])('%s', (_, owner, mode, uid, calledBy, stranger) => {
  expect(strangerTo({ uid: owner, mode }, { uid, calledBy })).toBe(stranger);
});
