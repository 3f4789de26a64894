import { expect, test } from 'vitest';
import { ownershipOf, type DatabaseIdentity, type Whose } from '../../../scripts/database/same-database.ts';

const shop: DatabaseIdentity = { name: 'shop', address: 'db.example:3306', server: 'mysql 1' };

test.each<[string, DatabaseIdentity, DatabaseIdentity, Whose]>([
  ['the same', shop, shop, 'own'],
  ['another name', { ...shop, name: 'blog' }, shop, 'other-database'],
  ['another name on another server', { ...shop, name: 'blog', server: 'mysql 2' }, shop, 'other-database'],
  ['another server', { ...shop, server: 'mysql 2' }, shop, 'other-server'],
  ['another server under the same address', { ...shop, server: 'mysql 2' }, { ...shop }, 'other-server'],
  ['a copy of the server, with its data', { ...shop, address: 'staging.example:3306' }, shop, 'other-server'],
  ['the same by its socket', { ...shop, address: '/run/s' }, { ...shop, address: 'localhost:3306' }, 'own'],
  ['a backup of the first days', { name: 'shop' }, shop, 'own'],
  ['one of another name', { name: 'blog' }, shop, 'other-database'],
  ['a server that cannot be asked', shop, { ...shop, server: undefined }, 'own'],
  ['and that has another address', shop, { name: 'shop', address: 'db2.example:3306' }, 'other-server'],
  ['and another port', shop, { name: 'shop', address: 'db.example:3307' }, 'other-server'],
  [
    'a socket, and an address of this machine',
    { name: 'shop', address: '/run/mysqld/mysqld.sock' },
    { name: 'shop', address: 'localhost:3306' },
    'own',
  ],
  ['two sockets', { name: 'shop', address: '/run/a' }, { name: 'shop', address: '/run/b' }, 'other-server'],
  [
    'the name in another case, where the server tells them apart',
    { ...shop, name: 'Shop' },
    shop,
    'other-database',
  ],
  ['where it does not', { ...shop, name: 'Shop', anyCase: true }, shop, 'own'],
  [
    'an IPv6 address',
    { name: 'shop', address: '::1:3306' },
    { name: 'shop', address: '127.0.0.1:3306' },
    'own',
  ],
])('%s', (_title, of, live, expected) => {
  expect(ownershipOf(of, live)).toBe(expected);
});
