import { lookup } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where an address is, from the outside in. The further in, the more what answers there trusts whoever asks. */
const reaches = ['public', 'private', 'link', 'machine'] as const;
export type Reach = (typeof reaches)[number];

/** IPv4 as it is, and as IPv6 holds it: mapped, compatible, translated (RFC 4291, 6052). */
function listOf(four: readonly string[], six: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of four) {
    const [net = '', bits = ''] = subnet.split('/');
    list.addSubnet(net, Number(bits), 'ipv4');
    for (const prefix of ['::ffff:', '::', '64:ff9b::'])
      list.addSubnet(`${prefix}${net}`, 96 + Number(bits), 'ipv6');
  }
  for (const subnet of six) {
    const [net = '', bits = ''] = subnet.split('/');
    list.addSubnet(net, Number(bits), 'ipv6');
  }
  return list;
}

/** The innermost first. `0.0.0.0` and `::` connect to this machine. */
const lists: readonly (readonly [Reach, BlockList])[] = [
  ['machine', listOf(['127.0.0.0/8', '0.0.0.0/8'], ['::1/128', '::/128'])],
  // Of a cable or a cloud's machine: 169.254.169.254 hands out the machine's own rights. Multicast, and what is no address
  // of a host. Tunnels (6to4, Teredo) that lead anywhere.
  ['link', listOf(['169.254.0.0/16', '224.0.0.0/3'], ['fe80::/10', 'ff00::/8', '2002::/16', '2001::/32'])],
  [
    'private',
    listOf(
      ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15'],
      ['fc00::/7', 'fec0::/10', '64:ff9b:1::/48'],
    ),
  ],
];

/** Where an address is: pure. */
export function reachOf(address: string): Reach {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return lists.find(([, list]) => list.check(address, family))?.[0] ?? 'public';
}

/** Whether one is further in than the other: pure. */
export const isFurtherIn = (one: Reach, other: Reach): boolean =>
  reaches.indexOf(one) > reaches.indexOf(other);

/** The host of a URL, as it is looked up. */
const plain = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Where the host of a URL is: the outermost of its addresses; one that is not known is outside. */
export async function reachOfHost(hostname: string): Promise<Reach> {
  const host = plain(hostname);
  if (isIP(host) !== 0) return reachOf(host);
  const found = await lookUp(host, { all: true }).catch(() => []);
  const all = found.map(({ address }) => reachOf(address));
  return all.reduce<Reach>((outer, one) => (isFurtherIn(outer, one) ? one : outer), all[0] ?? 'public');
}

/** What a connection was not made to. */
export class TooFarIn extends Error {
  readonly address: string;

  constructor(host: string, address: string) {
    super(host === address ? host : `${host} (${address})`);
    this.address = address;
  }
}

/**
 * Refuses a URL's host where it is an address that is further in than `most`. A name is looked at when it is looked up for
 * the connection, by `lookupUpTo`: looked up before, it could be another one by then.
 *
 * @throws TooFarIn
 */
export function refuseFurtherIn(hostname: string, most: Reach): void {
  const host = plain(hostname);
  if (isIP(host) !== 0 && isFurtherIn(reachOf(host), most)) throw new TooFarIn(host, host);
}

/** Looks names up for a connection, and fails with `TooFarIn` where one of the addresses is further in than `most`. */
export const lookupUpTo =
  (most: Reach): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family);
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
      const inner = addresses.find((one) => isFurtherIn(reachOf(one), most));
      callback(inner === undefined ? null : new TooFarIn(hostname, inner), found, family);
    });
  };
