import { expect, it } from 'vitest';
import { leadsOut } from '../../../scripts/release/links.ts';

it.each<[string, Readonly<Record<string, string>>, string, boolean]>([
  ['to a file beside it', { a: 'b' }, 'a', false],
  ['to a file elsewhere in the tree', { 'x/y/a': '../../lib/b' }, 'x/y/a', false],
  ['to the root itself', { 'x/a': '..' }, 'x/a', false],
  ['to what is not there', { a: 'nowhere/at/all' }, 'a', false],
  ['along another link', { a: 'b/c', b: 'lib' }, 'a', false],
  ['one step out', { a: '..' }, 'a', true],
  ['far out', { 'x/a': '../../../etc/passwd' }, 'x/a', true],
  ['out and in again by name', { a: '../tree/b' }, 'a', true],
  ['to an absolute path', { a: '/etc' }, 'a', true],
  [
    'out through another link, though its text stays inside',
    { 'a/b/up': '../..', x: 'a/b/up/..' },
    'x',
    true,
  ],
  ['to itself', { a: 'a' }, 'a', true],
  ['in a circle', { a: 'b', b: 'a' }, 'a', true],
])('a link %s', (_, links, path, expected) => {
  expect(leadsOut(new Map(Object.entries(links)), path)).toBe(expected);
});
