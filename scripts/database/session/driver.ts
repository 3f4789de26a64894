import mysql, { type AuthPlugin, type Connection, type QueryOptions, type ResultSetHeader } from 'mysql2';
import { once, type EventEmitter } from 'node:events';
import { Readable, type Duplex, type Writable } from 'node:stream';
import { checkServerIdentity, type TLSSocket } from 'node:tls';
import { encryptionOf, takesServersKey } from '../encryption.ts';
import { addressToProve, withoutTls, type DriverOptions } from './connection-options.ts';
import type { Target } from './target.ts';

/** A row as the server sent it; dates, decimals and big integers are texts. */
export type Row = Record<string, unknown>;

/** What a statement without rows did. */
interface Outcome {
  readonly affectedRows: number;
  readonly warnings: number;
  /** Whether a transaction is open after it; undefined after a statement that ends with rows, where nobody tells. */
  readonly inTransaction: boolean | undefined;
}

/** What can be done over an open connection. */
export interface Driver {
  /** Runs a statement and keeps its rows; values go to the server apart from the text, safe in every sql_mode. */
  rows(sql: string, values?: readonly (string | number | null)[]): Promise<Row[]>;
  /**
   * Runs any one statement; the rows that it may send are dropped as they come.
   *
   * @param onSuccess called as soon as the server has done it; what it runs is sent before anything else happens
   */
  run(sql: string, onSuccess?: () => void): Promise<Outcome>;
  /**
   * Runs a LOAD DATA LOCAL INFILE whose file is this content, never a file of this machine. What it holds in memory is
   * bounded: the driver itself would take all of it at once.
   */
  load(sql: string, content: AsyncIterable<Buffer>): Promise<Outcome>;
  /**
   * From now on each character of a statement stands for one byte, which the server takes for utf8mb4. The connection
   * must have been opened without SESSION_TRACK: by that the server tells the driver of every `SET NAMES`, and the
   * driver encodes accordingly.
   */
  sendBytes(): Promise<void>;
  /**
   * Makes the connection as if it were new (COM_RESET_CONNECTION): what is open is rolled back; temporary tables, locks,
   * variables and settings are gone. Its id and its database stay.
   */
  reset(): Promise<void>;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Cuts the connection: what is running fails here, and is ended by the server at its own pace. */
  destroy(): void;
}

/** Opens a connection; where encryption is only preferred, without it if the server has none. */
export async function openDriver(target: Target, options: DriverOptions): Promise<Driver> {
  const connection = await open(target, options);
  const lost = lossOf(connection);
  const rows: Driver['rows'] = (sql, values) =>
    lost.orResult((resolve, reject) => rowsOf(connection, sql, values, resolve, reject));
  return {
    rows,
    run: (sql, onSuccess) =>
      lost.orResult((resolve, reject) => runOn(connection, { sql }, resolve, reject, onSuccess)),
    load: (sql, content) =>
      lost.orResult((resolve, reject) => loadOn(connection, sql, content, resolve, reject)),
    sendBytes: () => sendBytes(connection, rows),
    reset: () => lost.orResult((resolve, reject) => resetOn(connection, resolve, reject)),
    close: () => closed(connection),
    destroy: () => {
      cut(connection);
      lost.now();
    },
  };
}

/**
 * The driver's own `destroy` only ends our half of the connection. A server that waits for a lock does not look (MySQL),
 * and the half that is left would keep the process alive until it does.
 */
function cut(connection: Connection): void {
  connection.destroy();
  const { stream } = connection as Connection & { readonly stream: Duplex };
  stream.destroy();
}

async function open(target: Target, options: DriverOptions): Promise<Connection> {
  try {
    return await opened(target, options);
  } catch (error) {
    const noTls = error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (!noTls || encryptionOf(target) !== 'preferred') throw error;
    return await opened(target, withoutTls(options));
  }
}

function opened(target: Target, options: DriverOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const authPlugins = options.ssl === undefined && !takesServersKey(target) ? { authPlugins: keyless } : {};
    const connection = mysql.createConnection({ ...options, ...authPlugins });
    const address = addressToProve(target);
    if (address !== undefined) proveAddress(connection, address);
    // A connection that breaks while idle would otherwise end the process; the next statement reports it.
    connection.on('error', () => undefined);
    connection.connect((error) => {
      if (error === null) return resolve(connection);
      cut(connection);
      reject(error);
    });
  });
}

/** The code of the error when a server asks for the password under a key that it names itself. */
export const keyRefused = 'SERVER_KEY_REFUSED';

/**
 * A plugin of the driver's for authentication by password, but for what it does on a connection without encryption when
 * the server knows no shorter way: to ask it for its key, and send the password under that. It asks by a single byte.
 */
const withoutServersKey =
  (plugin: AuthPlugin): AuthPlugin =>
  (metadata) => {
    const answerTo = plugin(metadata);
    return (data) => {
      const answer = answerTo(data);
      if (answer instanceof Buffer && answer.length === 1)
        throw Object.assign(new Error('it asks for the password under a key of its own'), {
          code: keyRefused,
        });
      return answer;
    };
  };

const keyless = {
  caching_sha2_password: withoutServersKey(mysql.authPlugins.caching_sha2_password({})),
  sha256_password: withoutServersKey(mysql.authPlugins.sha256_password({})),
};

/**
 * The driver hands no address to the check of the certificate, which then compares `localhost`. So its step to encryption
 * is followed by ours, before anything is sent.
 */
function proveAddress(connection: Connection, address: string): void {
  // The driver's types leave it out.
  const upgrading = connection as Connection & {
    readonly stream: TLSSocket;
    startTLS(done: (error?: Error) => void): void;
  };
  const startTls = upgrading.startTLS.bind(upgrading);
  upgrading.startTLS = (done) =>
    startTls((error) => done(error ?? checkServerIdentity(address, upgrading.stream.getPeerCertificate())));
}

function resetOn(connection: Connection, resolve: () => void, reject: (error: unknown) => void): void {
  // The driver's types leave it out.
  const resettable = connection as Connection & { reset(done: (error: Error | null) => void): void };
  resettable.reset((error) => (error === null ? resolve() : reject(error)));
}

/** The driver's number for the charset in which every character is the byte of its code. */
const latin1 = 8;

async function sendBytes(connection: Connection, rows: Driver['rows']): Promise<void> {
  Object.assign(connection.config, { charsetNumber: latin1 });
  const [row] = await rows("SELECT HEX('\u00c3\u00a9') AS hex");
  if (row?.['hex'] !== 'C3A9') throw new Error('The database driver does not send bytes as they are.');
}

function rowsOf(
  connection: Connection,
  sql: string,
  values: readonly (string | number | null)[] | undefined,
  resolve: (rows: Row[]) => void,
  reject: (error: unknown) => void,
): void {
  const finish = (error: Error | null, result: unknown): void => {
    if (error !== null && error instanceof Error) return reject(error);
    resolve(Array.isArray(result) ? (result as Row[]) : []);
  };
  if (values === undefined) connection.query(sql, finish);
  else connection.execute(sql, [...values], finish);
}

/** The driver does not wait while the socket is full: so many bytes may be on their way. */
const sentAhead = 1024 * 1024;

function loadOn(
  connection: Connection,
  sql: string,
  content: AsyncIterable<Buffer>,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
): void {
  // The driver's types leave it out.
  const socket = (connection as Connection & { readonly stream: Writable }).stream;
  const paced = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      yield chunk;
      if (socket.writableLength > sentAhead) await once(socket, 'drain');
    }
  };
  const infileStreamFactory = (): Readable =>
    Readable.from(paced(), { objectMode: false, highWaterMark: sentAhead });
  runOn(connection, { sql, infileStreamFactory }, resolve, reject);
}

function runOn(
  connection: Connection,
  query: QueryOptions,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
  onSuccess?: () => void,
): void {
  let affectedRows = 0;
  let warnings = 0;
  let inTransaction: boolean | undefined;
  let failed = false;
  connection
    .query(query)
    .on('result', (result: Row | ResultSetHeader) => {
      if (!isHeader(result)) return;
      affectedRows += result.affectedRows;
      warnings = result.warningStatus;
      inTransaction = (result.serverStatus & statusInTransaction) !== 0;
    })
    .on('error', (error) => {
      failed = true;
      reject(error);
    })
    // It comes after an error as well.
    .on('end', () => {
      if (failed) return;
      onSuccess?.();
      resolve({ affectedRows, warnings, inTransaction });
    });
}

/** SERVER_STATUS_IN_TRANS of the client/server protocol. */
const statusInTransaction = 1;

function isHeader(result: Row | ResultSetHeader): result is ResultSetHeader {
  return result.constructor.name === 'ResultSetHeader';
}

function closed(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    // On a connection that is lost already the goodbye is never answered.
    connection.once('error', () => resolve());
    connection.end(() => resolve());
  });
}

/**
 * mysql2 tells the loss of a connection to the connection where a statement has no callback, and to nobody when we
 * cut it ourselves: whatever waits must be told, or waits for ever.
 */
function lossOf(connection: Pick<EventEmitter, 'on'>) {
  const waiting = new Set<(error: unknown) => void>();
  const tell = (error: unknown): void => waiting.forEach((reject) => reject(error));
  connection.on('error', tell);
  return {
    orResult: <T>(
      settle: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
    ): Promise<T> =>
      new Promise((resolve, reject) => {
        const done = (): boolean => waiting.delete(fail);
        const fail = (error: unknown): void => {
          done();
          reject(error instanceof Error ? error : new Error(String(error)));
        };
        waiting.add(fail);
        settle((value) => {
          done();
          resolve(value);
        }, fail);
      }),
    now: () => tell(Object.assign(new Error('The connection was cut.'), { fatal: true })),
  };
}
