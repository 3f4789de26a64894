import { describe, expect, it } from 'vitest';
import {
  problemsOf,
  reachInto,
  type Permissions,
  type SystemUser,
  type UserReach,
} from '../../../scripts/application/file-permissions.ts';

const web: SystemUser = { name: 'www-data', uid: 33, gids: new Set([33, 50]) };
const everyone: UserReach = { user: true, others: true };
const file = (mode: number, uid = 0, gid = 0): Permissions => ({ type: 'file', mode, uid, gid });
const folder = (mode: number, uid = 0, gid = 0): Permissions => ({ type: 'folder', mode, uid, gid });

describe('what is wrong with the permissions of a thing', () => {
  it.each<[string, string, Permissions, UserReach, string[]]>([
    ['a file that all may read', 'index.php', file(0o644), everyone, []],
    ['a file of its own', 'index.php', file(0o600, 33), everyone, []],
    ['a file of its group', 'index.php', file(0o640, 0, 33), everyone, []],
    ['a file of another of its groups', 'index.php', file(0o640, 0, 50), everyone, []],
    ['a file of others', 'index.php', file(0o640, 0, 0), everyone, ['unreadable']],
    ['a file whose owner is denied what all others may', 'a', file(0o044, 33), everyone, ['unreadable']],
    ['a file whose group is denied what all others may', 'a', file(0o604, 0, 33), everyone, ['unreadable']],
    ['a folder that it may only enter', 'lib', folder(0o711), everyone, []],
    ['a folder that it may only list', 'lib', folder(0o744), everyone, ['unreadable']],
    ['a file that anybody may write to', 'a', file(0o646), everyone, ['writable']],
    ['a folder that anybody may write to', 'tmp', folder(0o1777), everyone, ['writable']],
    ['that in a folder which others cannot enter', 'a', file(0o666), { user: true, others: false }, []],
    ['a .env of its group', '.env', file(0o640, 0, 33), everyone, []],
    ['a .env that anybody may read', '.env', file(0o644), everyone, ['exposed']],
    ['that where others do not come', '.env', file(0o644), { user: true, others: false }, []],
    ['a key that all may read and write', 'jwt.key', file(0o666), everyone, ['writable', 'exposed']],
    ['what lies below what it cannot enter', 'a', file(0o600), { user: false, others: true }, []],
    ['a link', 'l', { type: 'link', mode: 0o777, uid: 0, gid: 0 }, everyone, []],
  ])('%s', (_, path, thing, reach, problems) => {
    expect(problemsOf(path, thing, reach, web)).toEqual(problems);
  });

  it('is nothing for root, who may read all', () => {
    const root: SystemUser = { name: 'root', uid: 0, gids: new Set([0]) };
    expect(problemsOf('a', file(0o000, 5), everyone, root)).toEqual([]);
  });
});

it.each<[string, Permissions, UserReach]>([
  ['for all', folder(0o755), { user: true, others: true }],
  ['for its group', folder(0o750, 0, 33), { user: true, others: false }],
  ['for its owner', folder(0o700, 33), { user: true, others: false }],
  ['for nobody of them', folder(0o700), { user: false, others: false }],
  ['for all but the owner', folder(0o011, 33), { user: false, others: true }],
])('a folder is passed %s', (_, thing, reach) => {
  expect(reachInto(everyone, thing, web)).toEqual(reach);
  expect(reachInto({ user: false, others: false }, thing, web)).toEqual({ user: false, others: false });
});
