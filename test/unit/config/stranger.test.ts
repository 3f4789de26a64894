import { expect, test } from 'vitest';
import { strangerOnTheWay, strangerTo } from '../../../scripts/config/own-folders.ts';

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
  expect(strangerTo({ uid: owner, gid: owner, mode }, { uid, calledBy })).toBe(stranger);
});

test.each([
  ['of no group', 33, 0o755, undefined],
  ['of root’s own group', 0, 0o775, undefined],
  ['of the group of whoever called sudo', 1000, 0o775, undefined],
  ['of the web server’s', 33, 0o775, 'group'],
  ['of everybody', 33, 0o777, 'writable'],
])('what is root’s to trust, where the group may be looked at: %s', (_, gid, mode, stranger) => {
  const trusting = { uid: 0, calledBy: undefined, groups: [0, 1000] };
  expect(strangerTo({ uid: 0, gid, mode }, trusting)).toBe(stranger);
});

test.each([
  ['everybody’s to write, as /tmp', 0, 0o1777, undefined],
  ['everybody’s to write, and to rename in', 0, 0o777, 'writable'],
  ['of the web server’s group, sticky', 0, 0o1775, undefined],
  ['of the web server’s group', 0, 0o775, 'group'],
  ['another’s, sticky', 33, 0o1777, 'owner'],
])('a folder on the way: %s', (_, uid, mode, stranger) => {
  const trusting = { uid: 0, calledBy: undefined, groups: [0] };
  expect(strangerOnTheWay({ uid, gid: 33, mode }, trusting)).toBe(stranger);
});
