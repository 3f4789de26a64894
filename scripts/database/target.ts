import { resolve } from 'node:path';
import type { Secret } from '../config/secret.ts';
import type { Config } from '../config/settings.ts';
import { requireSettings } from '../config/require.ts';
import type { Context } from '../context.ts';

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
