import { isLoopback } from '../system/loopback.ts';

/** Where a database server is reached. */
export type ServerAddress = { readonly socket: string } | { readonly host: string; readonly port: number };

/** Reads what `addressText` writes. */
export function parseAddress(text: string): ServerAddress {
  const at = text.lastIndexOf(':');
  return text.startsWith('/') || at < 0
    ? { socket: text }
    : { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

/** For people: `host:port`, or the path of a socket. */
export const addressText = (address: ServerAddress): string =>
  'socket' in address ? address.socket : `${address.host}:${address.port}`;

/** Whether two addresses may lead to one server: of a socket and an address of this machine nothing here tells. Pure. */
export function mayBeSameServer(one: ServerAddress, other: ServerAddress): boolean {
  if ('socket' in one && 'socket' in other) return one.socket === other.socket;
  if ('socket' in one) return isThisMachine(hostOf(other));
  if ('socket' in other) return isThisMachine(hostOf(one));
  if (one.port !== other.port) return false;
  return hostOf(one) === hostOf(other) || (isThisMachine(hostOf(one)) && isThisMachine(hostOf(other)));
}

const hostOf = (address: ServerAddress): string => ('host' in address ? plainHost(address.host) : '');

const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** Whether a DB_HOST is this machine by what it says itself. An IPv6 address has no brackets there. */
export const isThisMachine = (host: string): boolean =>
  isLoopback(plainHost(host)) || plainHost(host) === '::1';
