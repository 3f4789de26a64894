import { resolve } from 'node:path';
import { requireSettings } from '../../config/required-settings.ts';
import type { Config } from '../../config/settings.ts';
import type { Secret } from '../../config/types.ts';
import type { Context } from '../../core/context.ts';
import { isLoopback } from '../../system/urls.ts';

/** Where a database server is reached. */
export type ServerAddress =
  { readonly socket: string } | { readonly socket?: undefined; readonly host: string; readonly port: number };

/** The same as the settings have it. */
interface HostOrSocket {
  readonly host: string;
  readonly port: number;
  /** Used instead of host and port. */
  readonly socket: string | undefined;
}

/** Where a database is, and who enters it. */
export interface Target extends HostOrSocket {
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string;
  readonly sslMode: Config['DB_SSL_MODE'];
  /** Absolute path of a PEM file. */
  readonly sslCa: string | undefined;
}

/** Where the server of the live database is, from the settings. */
export const configuredAddress = ({ config, projectDir }: SettingsContext): HostOrSocket => ({
  host: config.DB_HOST,
  port: config.DB_PORT,
  socket: absolute(projectDir, config.DB_SOCKET),
});

/**
 * The live database, from the settings.
 *
 * @throws MajError `settings-missing` without DB_NAME or DB_USER
 */
export function targetFromConfig(context: SettingsContext): Target {
  const config = requireSettings(context.config, ['DB_NAME', 'DB_USER']);
  return {
    ...configuredAddress(context),
    user: config.DB_USER,
    password: config.DB_PASSWORD,
    database: config.DB_NAME,
    sslMode: config.DB_SSL_MODE,
    sslCa: absolute(context.projectDir, config.DB_SSL_CA),
  };
}

type SettingsContext = Pick<Context, 'config' | 'projectDir'>;

const absolute = (folder: string, path: string | undefined): string | undefined =>
  path === undefined ? undefined : resolve(folder, path);

/** `localhost:3306`, or the path of the socket: for people, and in what is kept of a backup. */
export const addressText = (at: ServerAddress): string => at.socket ?? `${at.host}:${at.port}`;

/** Reads what `addressText` writes. */
export function parseAddress(text: string): ServerAddress {
  const at = text.lastIndexOf(':');
  return text.startsWith('/') || at < 0
    ? { socket: text }
    : { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

/** Whether two addresses may lead to one server: of a socket and an address of this machine nothing here tells. Pure. */
export function mayBeSameServer(one: ServerAddress, other: ServerAddress): boolean {
  if (one.socket !== undefined)
    return other.socket === undefined ? isThisMachine(other.host) : one.socket === other.socket;
  if (other.socket !== undefined) return isThisMachine(one.host);
  if (one.port !== other.port) return false;
  const areHere = isThisMachine(one.host) && isThisMachine(other.host);
  return areHere || plainHost(one.host) === plainHost(other.host);
}

const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** Whether a DB_HOST is this machine by what it says itself. An IPv6 address has no brackets there. */
export const isThisMachine = (host: string): boolean =>
  isLoopback(plainHost(host)) || plainHost(host) === '::1';
