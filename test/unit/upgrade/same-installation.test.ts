import { expect, test } from 'vitest';
import type { ServerAddress } from '../../../scripts/database/session/target.ts';
import type { Installation } from '../../../scripts/upgrade/installation.ts';
import { differencesOf } from '../../../scripts/upgrade/recovery/same-installation.ts';

const tree = { path: '/srv/app', real: '/data/app', layout: 'in-place' } as const;
const host = (name: string, port = 3306): ServerAddress => ({ host: name, port });
const socket: ServerAddress = { socket: '/run/mysqld/mysqld.sock' };
const at = (address: ServerAddress, name = 'shop'): Installation => ({
  database: { name, address },
  application: tree,
});
const local = at(host('localhost'));

test.each<[string, Installation, Installation, string[]]>([
  ['the same', local, local, []],
  ['an address of this machine for its name', local, at(host('127.0.0.1')), []],
  ['another case, or a dot at its end', at(host('db.example.org')), at(host('DB.example.org.')), []],
  ['a socket for an address of this machine', at(host('127.0.0.1', 3307)), at(socket), []],
  ['an address of this machine for a socket', at(socket), local, []],
  ['another socket', at(socket), at({ socket: '/tmp/other.sock' }), ['server']],
  ['a socket for an address of another machine', at(host('db')), at(socket), ['server']],
  ['another host', at(host('db-1')), at(host('db-2')), ['server']],
  ['this machine for another', at(host('db')), local, ['server']],
  ['another port', local, at(host('localhost', 3307)), ['server']],
  ['another database', local, at(host('localhost'), 'blog'), ['database']],
  ['the name in another case', local, at(host('localhost'), 'Shop'), ['database']],
  ['all of it', local, at(host('db'), 'blog'), ['database', 'server']],
  ['no database', local, { ...local, database: null }, ['database']],
  ['a database where none was worked on', { ...local, database: null }, local, []],
  ['a link that leads nowhere', local, { ...local, application: { ...tree, real: '/srv/app' } }, []],
  ['another way to the tree', local, { ...local, application: { ...tree, path: '/data/app' } }, []],
  [
    'another tree',
    local,
    { ...local, application: { ...tree, path: '/srv/b', real: '/srv/b' } },
    ['application'],
  ],
  ['no tree', local, { ...local, application: null }, ['application']],
  ['another layout', local, { ...local, application: { ...tree, layout: 'releases' } }, ['layout']],
])('what is another installation is told from another way to write it: %s', (_, was, is, expected) => {
  expect(differencesOf(was, is).map(({ what }) => what)).toEqual(expected);
});

test('the options that name what was are told', () => {
  expect(differencesOf(local, at(socket, 'blog')).flatMap(({ options }) => options)).toEqual([
    '--db-name',
    'shop',
  ]);
  const options = differencesOf(at(host('db-1', 3307)), at(host('db-2'))).flatMap((one) => one.options);
  expect(options).toEqual(['--db-host', 'db-1', '--db-port', '3307']);
});

test('where a socket is set now, the options for host and port take it away', () => {
  const [difference] = differencesOf(at(host('db')), at(socket));
  expect(difference?.options).toEqual(['--db-host', 'db', '--db-port', '3306', '--db-socket', '']);
});
