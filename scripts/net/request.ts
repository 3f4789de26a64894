import { lookup } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { isLoopback, shownUrl } from '../system/urls.ts';

/** Something to get by https. */
export interface HttpRequest {
  readonly url: string;
  /** The address of the settings that answered with `url`; not given: `url` itself is of the settings. */
  readonly namedBy?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`, to the host of `url` alone: not to one that it redirects to. */
  readonly token?: string | undefined;
}

/** Why something could not be had. */
export class HttpFailure extends Error {
  /** `again`: it may be had later. */
  readonly kind: 'again' | 'status' | 'tls' | 'redirect' | 'insecure' | 'inward' | 'too-large';
  readonly status: number | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly waitMs: number | undefined;

  constructor(
    kind: HttpFailure['kind'],
    message: string,
    more: { readonly status?: number; readonly waitMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.kind = kind;
    this.status = more.status;
    this.waitMs = more.waitMs;
  }
}

const mostRedirects = 5;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Asks for something and hands out the answer with its body still to be read, as the bytes that were sent: `fetch` would
 * unpack what a server calls packed, such as a `.tar.gz`. Redirections are followed to https, and from this machine to
 * itself. What an answer leads to is no further in than the host of the settings is: what is on the network must not send
 * us to services of this machine, of its network, or of its cloud.
 *
 * @param idleMs how long nothing may come, in the body as well
 * @throws HttpFailure
 */
export async function request(
  wanted: HttpRequest,
  idleMs: number,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  let url = new URL(wanted.url);
  const configured = new URL(wanted.namedBy ?? wanted.url);
  if (!isPrivate(url) || !isSameWay(configured, url))
    throw new HttpFailure('insecure', `${shownUrl(url.href)} is not encrypted`);
  const { origin } = url;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const token = url.origin === origin ? wanted.token : undefined;
    const headers = {
      ...wanted.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const lookup = await lookupFor(configured, url);
    const response = await send(url, headers, { lookup, idleMs, signal });
    const status = response.statusCode ?? 0;
    if (!redirects.includes(status)) return response;
    response.destroy();
    url = nextUrl(configured, url, response.headers.location);
  }
  throw new HttpFailure('redirect', `${shownUrl(wanted.url)} sends on more than ${mostRedirects} times`);
}

function nextUrl(configured: URL, url: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, url.href))
    throw new HttpFailure('redirect', `${shownUrl(url.href)} sends on to nowhere`);
  const next = new URL(location, url.href);
  if (!isPrivate(next) || !isSameWay(configured, next))
    throw new HttpFailure('redirect', `${shownUrl(url.href)} sends on to ${next.origin}, which is not https`);
  return next;
}

const isPrivate = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));

/** Plain http is for whoever has asked for it. */
const isSameWay = (configured: URL, url: URL): boolean =>
  url.protocol === 'https:' || configured.protocol === 'http:';

/** How the host of an address is looked up; undefined for the one that the settings name, wherever that is. */
async function lookupFor(configured: URL, url: URL): Promise<LookupFunction | undefined> {
  if (url.hostname === configured.hostname) return undefined;
  const most = await reachOfHost(configured.hostname);
  try {
    refuseFurtherIn(url.hostname, most);
  } catch (error) {
    throw networkFailure(error);
  }
  return lookupUpTo(most);
}

/** What is said to everybody: what is packed comes as it is. */
const ownHeaders = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'maj' };

/** Sends one request, and follows nothing; `lookup`: how the host is looked up, where that is not the system's affair. */
export function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  {
    lookup,
    idleMs,
    signal,
  }: { readonly lookup?: LookupFunction | undefined; readonly idleMs?: number; readonly signal: AbortSignal },
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: start } = url.protocol === 'https:' ? https : http;
    const options = {
      headers: { ...ownHeaders, ...headers },
      signal,
      ...(lookup === undefined ? {} : { lookup }),
    };
    // A connection of its own: one that is kept open would keep the program from ending.
    const asked = start(url, { ...options, agent: false });
    if (idleMs !== undefined)
      asked.setTimeout(idleMs, () => asked.destroy(new Error(`nothing came for ${idleMs} ms`)));
    asked.once('response', resolve);
    asked.on('error', (error) => reject(networkFailure(error)));
    asked.end();
  });
}

/** Codes of OpenSSL's and Node's for a certificate or a server that cannot be trusted: trying again helps nothing. */
const tlsCodes = /^(CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

/** What an error of the network means. */
export function networkFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof TooFarIn) return new HttpFailure('inward', error.message, { cause: error });
  // Of several addresses that were tried, the first one's.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  return new HttpFailure(tlsCodes.test(code) ? 'tls' : 'again', message, { cause: error });
}

const laterStatuses: readonly number[] = [408, 425, 429];
const longestWaitMs = 60_000;

/** Refuses an answer whose status is not one of these. */
export function expectStatus(response: http.IncomingMessage, expected: readonly number[], now: Date): void {
  const status = response.statusCode ?? 0;
  if (expected.includes(status)) return;
  response.destroy();
  const later = status >= 500 || laterStatuses.includes(status);
  const waitMs = waitOf(response.headers['retry-after'], now);
  throw new HttpFailure(later ? 'again' : 'status', `status ${status}`, { status, waitMs });
}

/** `Retry-After` is in seconds or a date (RFC 9110, 10.2.3). */
function waitOf(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestWaitMs);
}

/** Where an address is, from the outside in. The further in, the more what answers there trusts whoever asks. */
const reaches = ['public', 'private', 'link', 'machine'] as const;
export type AddressReach = (typeof reaches)[number];

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
const lists: readonly (readonly [AddressReach, BlockList])[] = [
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
export function reachOf(address: string): AddressReach {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return lists.find(([, list]) => list.check(address, family))?.[0] ?? 'public';
}

/** Whether one is further in than the other: pure. */
export const isFurtherIn = (one: AddressReach, other: AddressReach): boolean =>
  reaches.indexOf(one) > reaches.indexOf(other);

/** The host of a URL, as it is looked up. */
const plain = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Where the host of a URL is: the outermost of its addresses; one that is not known is outside. */
export async function reachOfHost(hostname: string): Promise<AddressReach> {
  const host = plain(hostname);
  if (isIP(host) !== 0) return reachOf(host);
  const found = await lookUp(host, { all: true }).catch(() => []);
  const all = found.map(({ address }) => reachOf(address));
  return all.reduce<AddressReach>(
    (outer, one) => (isFurtherIn(outer, one) ? one : outer),
    all[0] ?? 'public',
  );
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
export function refuseFurtherIn(hostname: string, most: AddressReach): void {
  const host = plain(hostname);
  if (isIP(host) !== 0 && isFurtherIn(reachOf(host), most)) throw new TooFarIn(host, host);
}

/** Looks names up for a connection, and fails with `TooFarIn` where one of the addresses is further in than `most`. */
export const lookupUpTo =
  (most: AddressReach): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family);
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
      const inner = addresses.find((one) => isFurtherIn(reachOf(one), most));
      callback(inner === undefined ? null : new TooFarIn(hostname, inner), found, family);
    });
  };
