import { resolve } from 'node:path';
import { requireSettings } from '../../config/require.ts';
import type { Config } from '../../config/settings.ts';
import type { Secret } from '../../config/types.ts';
import type { Context } from '../../core/context.ts';
import { isLoopback } from '../../system/urls.ts';

/** Where a database is, and who enters it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Used instead of host and port. */
  readonly socket: string | undefined;
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string;
  readonly sslMode: Config['DB_SSL_MODE'];
  /** Absolute path of a PEM file. */
  readonly sslCa: string | undefined;
}

/**
 * The live database, from the settings.
 *
 * @throws MajError `settings-missing` without DB_NAME or DB_USER
 */
export function targetFromConfig(context: Pick<Context, 'config' | 'projectDir'>): Target {
  const config = requireSettings(context.config, ['DB_NAME', 'DB_USER']);
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(context.projectDir, path);
  return {
    host: config.DB_HOST,
    port: config.DB_PORT,
    socket: absolute(config.DB_SOCKET),
    user: config.DB_USER,
    password: config.DB_PASSWORD,
    database: config.DB_NAME,
    sslMode: config.DB_SSL_MODE,
    sslCa: absolute(config.DB_SSL_CA),
  };
}

/** `localhost:3306` or the path of the socket: where a target is, for people. */
export function addressOf(target: Target): string {
  return target.socket ?? `${target.host}:${target.port}`;
}

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
