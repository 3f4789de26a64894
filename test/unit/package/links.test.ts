import { expect, it } from 'vitest';
import { linksLeadingOut } from '../../../scripts/package/unpack.ts';

/** Links that lead along each other, so many. */
const chain = (length: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length }, (_, link) => [`l${link}`, `l${link + 1}`]));

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
  ['up and down again below what is not there', { a: 'x/y/../../b/..' }, 'a', false],
  ['up too often from what is not there', { a: 'x/y/../../../b' }, 'a', true],
  ['below a link to what is not there', { a: 'b/../..', b: 'x/y/z' }, 'a', false],
  ['along as many links as the kernel follows', chain(40), 'l0', false],
  ['along one more', chain(41), 'l0', true],
  ['along a link twice, together more than the kernel follows', { ...chain(21), a: 'l0/../l0' }, 'a', true],
  ['to names that objects have', { a: '__proto__/constructor', b: 'x' }, 'a', false],
  ['in a circle', { a: 'b', b: 'a' }, 'a', true],
])('a link %s', (_, links, path, expected) => {
  expect(linksLeadingOut(new Map(Object.entries(links)))(path)).toBe(expected);
});

it('links are told apart whatever was asked before', () => {
  const leadsOut = linksLeadingOut(new Map(Object.entries({ ...chain(41), up: '..', in: 'lib' })));
  expect(['l0', 'up', 'l1', 'in', 'l0'].map(leadsOut)).toEqual([true, true, false, false, true]);
});

it('many links of great depth along each other take no more steps than their targets have', () => {
  const below = '/d/..'.repeat(800);
  const links = new Map<string, string>();
  for (let at = 0; at < 39; at += 1) links.set(`l${at}`, `l${at + 1}${below}`);
  for (let at = 0; at < 10_000; at += 1) links.set(`x${at}`, `l0${below}`);
  const leadsOut = linksLeadingOut(links);
  expect([...links.keys()].filter(leadsOut)).toEqual([]);
});
