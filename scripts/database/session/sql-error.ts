import { MajError, reasonOf, refused, wrongUsage } from '../../core/errors.ts';
import { encryptionOf, isVerified } from '../encryption.ts';
import { keyRefused } from './driver.ts';
import { addressText, type Target } from './target.ts';

/** What the server, or the driver on a lost connection, said of a statement that failed. */
export interface SqlError {
  /** Such as `ER_NO_SUCH_TABLE`; `PROTOCOL_CONNECTION_LOST` or the system's own when the connection was lost. */
  readonly code: string;
  /** The server's number; undefined when the connection was lost, and nobody knows what became of the statement. */
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly message: string;
}

/** Reads an error that the driver threw; undefined for any other. */
export function sqlErrorOf(error: unknown): SqlError | undefined {
  if (!(error instanceof Error)) return undefined;
  const facts = error as Error & Readonly<Record<string, unknown>>;
  const code = typeof facts['code'] === 'string' ? facts['code'] : 'PROTOCOL_CONNECTION_LOST';
  if (typeof facts['sqlState'] === 'string' && typeof facts['errno'] === 'number') {
    const message = typeof facts['sqlMessage'] === 'string' ? facts['sqlMessage'] : error.message;
    return { code, errno: facts['errno'], sqlState: facts['sqlState'], message };
  }
  // `fatal`: the driver's own mark on errors that ended the connection, whatever the system called them.
  if (facts['fatal'] !== true) return undefined;
  return { code, errno: undefined, sqlState: undefined, message: error.message };
}

/**
 * Errors after which the server may or may not have finished the statement, though it did answer: 1053 shutdown,
 * 1152 to 1161 broken connection, 1927 and 3169 connection killed, 4031 ended for inactivity.
 */
const connectionErrors = new Set([1053, 1152, 1158, 1159, 1160, 1161, 1927, 3169, 4031]);

/** Whether the connection is gone, so that the fate of its last statement is not known from the error. */
export function isConnectionLost(error: SqlError | undefined): boolean {
  return error?.errno === undefined || connectionErrors.has(error.errno);
}

/** Server errors that mean: this account may not enter. 1130: no account for this host; 1698: no password is taken. */
const denied = new Set([1044, 1045, 1130, 1698, 3118]);
const missingDatabase = 1049;

/** Makes the one error of a connection that could not be opened; errors of ours pass. */
export function connectFailure(target: Target, error: unknown): MajError {
  if (error instanceof MajError) return error;
  return failureOf(target, numberOf(error), reasonOf(error), error);
}

/** Error 1317: somebody has ended the statement, as KILL QUERY does, and KILL before the connection breaks. */
const statementEnded = 1317;

/** Makes the one error of a connection that was cut at work; any other error passes. */
export function connectionCut(target: Target, error: unknown): unknown {
  const reason = sqlErrorOf(error);
  if (reason === undefined || !(isConnectionLost(reason) || reason.errno === statementEnded)) return error;
  return refused('database-lost', { address: addressText(target), reason: reason.message }, { cause: error });
}

/**
 * Makes the error of a vendor's client that could not connect, from what it wrote: `Got error: 1045: …` and
 * `ERROR 1045 (28000): …`; undefined when it failed for another reason.
 */
export function clientConnectFailure(target: Target, words: string): MajError | undefined {
  const number = Number(/(?:Got error: |ERROR )(\d+)/.exec(words)?.[1]);
  // 2002 to 2005: no socket, no host, no such host; 2026: encryption.
  const known = denied.has(number) || number === missingDatabase;
  const unreachable = number >= 2002 && number <= 2005;
  if (!known && !unreachable && number !== 2026) return undefined;
  return failureOf(target, number, words, undefined);
}

function failureOf(target: Target, number: number | undefined, reason: string, cause: unknown): MajError {
  const address = addressText(target);
  const options = cause === undefined ? {} : { cause };
  if (number === missingDatabase)
    return wrongUsage('database-missing', { database: target.database, address }, options);
  if (number !== undefined && denied.has(number)) {
    const facts = { user: target.user, address, withPassword: target.password !== undefined, reason };
    return wrongUsage('database-access-denied', facts, options);
  }
  const code = codeOf(cause);
  if (code === keyRefused || code === clearRefused) {
    const asked = code === keyRefused ? 'its-key' : 'clear';
    return wrongUsage('database-password-kept', { address, asked }, options);
  }
  if (number === 2026 || tlsErrors.test(code)) {
    const facts = { address, mode: target.sslMode, reason };
    // A server without encryption cannot prove anything either, but no authority would help.
    const unproven = isVerified(encryptionOf(target)) && code !== 'HANDSHAKE_NO_SSL_SUPPORT';
    return unproven
      ? wrongUsage('database-unproven', { ...facts, ca: target.sslCa }, options)
      : wrongUsage('database-tls', facts, options);
  }
  return wrongUsage('database-unreachable', { address, reason }, options);
}

function numberOf(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : undefined;
}

/** The driver's, when a server asks for the password as it is; it sends it to none. */
const clearRefused = 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED';

const tlsErrors = /^(HANDSHAKE_(NO_)?SSL|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
