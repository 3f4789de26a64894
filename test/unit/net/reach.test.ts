import { expect, test } from 'vitest';
import {
  isFurtherIn,
  lookupUpTo,
  reachOf,
  reachOfHost,
  refuseFurtherIn,
  TooFarIn,
  type AddressReach,
} from '../../../scripts/net/request.ts';

test.each([
  ['127.0.0.1', 'machine'],
  ['127.255.0.3', 'machine'],
  ['0.0.0.0', 'machine'],
  ['::1', 'machine'],
  ['::', 'machine'],
  ['::ffff:127.0.0.1', 'machine'],
  ['::ffff:7f00:1', 'machine'],
  ['::127.0.0.1', 'machine'],
  ['64:ff9b::127.0.0.1', 'machine'],
  ['169.254.169.254', 'link'],
  ['::ffff:169.254.169.254', 'link'],
  ['fe80::1', 'link'],
  ['224.0.0.1', 'link'],
  ['255.255.255.255', 'link'],
  ['ff02::1', 'link'],
  ['2002:7f00:1::', 'link'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd00::1', 'private'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['172.15.0.1', 'public'],
  ['172.32.0.1', 'public'],
  ['100.128.0.1', 'public'],
  ['140.82.121.6', 'public'],
  ['2606:50c0:8000::154', 'public'],
  ['64:ff9b::140.82.121.6', 'public'],
] as const)('%s is %s', (address, reach) => {
  expect(reachOf(address)).toBe(reach);
});

test.each<[AddressReach, AddressReach, boolean]>([
  ['machine', 'public', true],
  ['private', 'public', true],
  ['link', 'private', true],
  ['private', 'private', false],
  ['public', 'private', false],
  ['machine', 'machine', false],
  ['link', 'machine', false],
])('from %s, with a host of the settings that is %s: further in %s', (one, other, further) => {
  expect(isFurtherIn(one, other)).toBe(further);
});

test('an address of a URL is refused where it is further in, however it is written', () => {
  for (const host of ['127.1', '0x7f000001', '[::1]', '2130706433'])
    expect(() => refuseFurtherIn(new URL(`https://${host}/`).hostname, 'private')).toThrow(TooFarIn);
  expect(() => refuseFurtherIn('10.0.0.1', 'private')).not.toThrow();
  expect(() => refuseFurtherIn('packages.example', 'public')).not.toThrow();
});

test.each([true, false])(
  'a name that leads to this machine is seen when it is looked up (all: %s)',
  async (all) => {
    const lookedUp = (most: AddressReach): Promise<unknown> =>
      new Promise((resolve) => {
        lookupUpTo(most)('localhost', { all }, (error, found) => resolve(error ?? found));
      });
    expect(await lookedUp('public')).toBeInstanceOf(TooFarIn);
    expect(await lookedUp('machine')).not.toBeInstanceOf(Error);
  },
);

test('where the host of the settings is', async () => {
  expect(await reachOfHost('localhost')).toBe('machine');
  expect(await reachOfHost('[fd00::1]')).toBe('private');
  expect(await reachOfHost('192.0.2.1')).toBe('public');
});
