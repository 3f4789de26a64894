import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isLoopback } from './loopback.ts';
import { lookupUpTo, reachOfHost, refuseFurtherIn, TooFarIn } from './reach.ts';
import { shownUrl } from './shown-url.ts';

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
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'maj',
      ...wanted.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const lookup = await lookupFor(configured, url);
    const response = await send(url, headers, lookup, idleMs, signal);
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

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  lookup: LookupFunction | undefined,
  idleMs: number,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: start } = url.protocol === 'https:' ? https : http;
    // A connection of its own: one that is kept open would keep the program from ending.
    const asked = start(url, { headers, signal, agent: false, ...(lookup === undefined ? {} : { lookup }) });
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
