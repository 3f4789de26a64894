import { describe, expect, it } from 'vitest';
import {
  commandUserWords,
  commandEnvironment,
  commandUserOf,
  type CommandUserFacts,
} from '../../../scripts/application/command-user.ts';

const root = { name: 'root', uid: 0, gid: 0, home: '/root' };
const deploy = { name: 'deploy', uid: 1000, gid: 1000, home: '/home/deploy' };
const web = { name: 'www-data', uid: 33, gid: 33, home: '/var/www' };
const of = (account: typeof web): CommandUserFacts['owner'] => ({
  uid: account.uid,
  gid: account.gid,
  account,
});
const nobodys = { uid: 54_321, gid: 54_322, account: undefined };

const facts = (changed: Partial<CommandUserFacts>): CommandUserFacts => ({
  own: root,
  appUser: undefined,
  owner: of(web),
  asRoot: false,
  ...changed,
});

describe('who runs the commands of the application', () => {
  it.each<[string, Partial<CommandUserFacts>, string]>([
    ['root, a tree of www-data', {}, 'www-data by owner, with-its-groups'],
    ['root, a tree of root', { owner: of(root) }, 'root by owner, itself'],
    ['root, a tree of a number', { owner: nobodys }, '54321 by owner, without-groups'],
    ['root, APP_USER', { appUser: web, owner: of(deploy) }, 'www-data by app-user, with-its-groups'],
    [
      'root, APP_USER, a tree of root',
      { appUser: web, owner: of(root) },
      'www-data by app-user, with-its-groups',
    ],
    [
      'root, APP_USER is root, and the tree is',
      { appUser: root, owner: of(root) },
      'root by app-user, itself',
    ],
    ['root, APP_USER is root, the tree is not', { appUser: root }, 'root-refused'],
    ['root, and the setting says so', { asRoot: true }, 'root by as-root, itself'],
    [
      'root, and the setting says so over APP_USER',
      { asRoot: true, appUser: web },
      'root by as-root, itself',
    ],
    ['not root', { own: deploy }, 'deploy by own, itself'],
    ['not root, APP_USER', { own: deploy, appUser: web }, 'deploy by own, itself'],
    ['not root, and the setting', { own: deploy, asRoot: true }, 'deploy by own, itself'],
  ])('%s', (_, changed, expected) => {
    const user = commandUserOf(facts(changed));
    expect(user === 'root-refused' ? user : `${user.account.name} by ${user.by}, ${user.becomes}`).toBe(
      expected,
    );
  });

  it('is told to setpriv by numbers, with the groups of that user or none', () => {
    const words = (changed: Partial<CommandUserFacts>): string => {
      const user = commandUserOf(facts(changed));
      return user === 'root-refused' ? user : commandUserWords('/usr/bin/setpriv', user).join(' ');
    };
    expect(words({})).toBe('/usr/bin/setpriv --reuid=33 --regid=33 --init-groups --no-new-privs --');
    expect(words({ owner: nobodys })).toBe(
      '/usr/bin/setpriv --reuid=54321 --regid=54322 --clear-groups --no-new-privs --',
    );
    expect(words({ owner: of(root) })).toBe('');
  });
});

it('their environment is made anew: nothing of the caller but language and time zone', () => {
  const fresh = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    HOME: '/var/www',
    USER: 'www-data',
    LOGNAME: 'www-data',
  };
  const caller = {
    PATH: '/home/deploy/bin',
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    DB_PASSWORD: 'secret',
    MYSQL_PWD: 'secret',
    NODE_OPTIONS: '--require ./theirs.js',
    LD_PRELOAD: './theirs.so',
    BASH_ENV: './theirs.sh',
    SSH_AUTH_SOCK: '/tmp/agent',
  };
  expect(commandEnvironment(web, caller)).toEqual(fresh);
  expect(commandEnvironment(web, { ...caller, LANG: 'C.UTF-8', TZ: 'Europe/Paris' })).toEqual({
    ...fresh,
    LANG: 'C.UTF-8',
    TZ: 'Europe/Paris',
  });
});
