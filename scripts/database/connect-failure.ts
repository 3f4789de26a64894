import { MajError, reasonOf, refused, wrongUsage } from '../errors.ts';
import { keyRefused } from './driver.ts';
import { encryptionOf, isVerified } from './encryption.ts';
import { isConnectionLost, sqlErrorOf } from './sql-error.ts';
import { addressOf, type Target } from './target.ts';

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
  return refused('database-lost', { address: addressOf(target), reason: reason.message }, { cause: error });
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
  const address = addressOf(target);
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
