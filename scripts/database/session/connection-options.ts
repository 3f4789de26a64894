import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { wrongUsage } from '../../core/errors.ts';
import { fileFailed } from '../../system/files.ts';
import { encryptionOf, isVerified, authorityFile } from '../encryption.ts';
import type { Target } from './target.ts';

/** How the driver is told to encrypt. */
interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly verifyIdentity?: boolean;
  readonly ca?: string;
}

/** How a connection is opened, in the driver's words. */
export interface DriverOptions {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly ssl?: TlsOptions;
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  readonly charset: string;
  readonly connectTimeout: number;
  readonly multipleStatements: false;
  readonly queryFormat: (sql: string) => string;
  readonly dateStrings: true;
  readonly supportBigNumbers: true;
  readonly bigNumberStrings: true;
  readonly jsonStrings: true;
  readonly flags: string[];
}

const connectTimeoutMs = 10_000;

/**
 * The driver's options for a target.
 *
 * @throws MajError `settings-missing` for `verify-ca` without DB_SSL_CA; `file-failed`
 */
export async function driverOptions(
  target: Target,
  database: string | null,
  {
    bytes = false,
    connectMs = connectTimeoutMs,
  }: { readonly bytes?: boolean; readonly connectMs?: number } = {},
): Promise<DriverOptions> {
  const tls = await tlsOptions(target);
  return {
    ...(target.socket === undefined
      ? { host: target.host, port: target.port }
      : { socketPath: target.socket }),
    ...(tls === undefined ? {} : { ssl: tls }),
    user: target.user,
    password: target.password?.reveal() ?? '',
    ...(database === null ? {} : { database }),
    charset: 'utf8mb4',
    connectTimeout: connectMs,
    multipleStatements: false,
    // Statements go as they are: the driver would look through each for placeholders, of which none is used.
    queryFormat: (sql) => sql,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // The driver would read JSON into objects and print them anew: blanks and the order of keys would be ours.
    jsonStrings: true,
    flags: [
      // By it the server tells of every SET NAMES, and the driver would encode the statements after it anew.
      '-SESSION_TRACK',
      // A server may ask for any file when a statement says LOCAL; only a session for bytes answers, with what it was given.
      ...(bytes ? [] : ['-LOCAL_FILES']),
      // The driver would ask for the sql_mode IGNORE_SPACE, which no client of the vendors does.
      '-IGNORE_SPACE',
    ],
  };
}

async function tlsOptions(target: Target): Promise<TlsOptions | undefined> {
  const encryption = encryptionOf(target);
  if (encryption === 'disabled') return undefined;
  if (!isVerified(encryption)) return { rejectUnauthorized: false };
  // Without a name to compare, a certificate of any authority of the system's would do.
  if (encryption === 'verify-ca' && target.sslCa === undefined)
    throw wrongUsage('settings-missing', { names: ['DB_SSL_CA'] });
  const file = await authorityFile(target);
  const ca = file === undefined ? {} : { ca: await readAuthority(file) };
  // The driver compares a name only: for an address it takes a certificate of `localhost` (see `addressToProve`).
  const verifyIdentity = encryption === 'verify' && isIP(target.host) === 0;
  return { rejectUnauthorized: true, verifyIdentity, ...ca };
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}

/** The address that the certificate must be for, where the driver does not see to it. */
export const addressToProve = (target: Target): string | undefined =>
  encryptionOf(target) === 'verify' && isIP(target.host) !== 0 ? target.host : undefined;

/** The same without encryption. */
export function withoutTls(options: DriverOptions): DriverOptions {
  const { ssl, ...plain } = options;
  return ssl === undefined ? options : plain;
}
