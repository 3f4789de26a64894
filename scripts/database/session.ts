import mysql, { type Connection, type ResultSetHeader } from 'mysql2';
import type { Context } from '../context.ts';
import { connectFailure } from './connect-failure.ts';
import { driverOptions, withoutTls, type DriverOptions } from './connection-options.ts';
import { parseServerVersion, type ServerVersion } from './flavour.ts';
import type { Target } from './target.ts';

export { sqlErrorOf, type SqlError } from './sql-error.ts';

/** A row as the server sent it; dates, decimals and big integers are texts. */
export type Row = Record<string, unknown>;

/** What a statement without rows did. */
interface Outcome {
  readonly affectedRows: number;
  readonly warnings: number;
}

/** A connection, and what was learned of the server when it was opened. */
export interface Session {
  readonly connectionId: number;
  readonly server: ServerVersion;
  /** Runs a statement and keeps its rows; values go to the server apart from the text, safe in every sql_mode. */
  rows(sql: string, values?: readonly (string | number | null)[]): Promise<Row[]>;
  /** Runs any one statement; the rows that it may send are dropped as they come. */
  run(sql: string): Promise<Outcome>;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Cuts the connection: what is running fails here, and is ended by the server at its own pace. */
  destroy(): void;
}

/** How a session differs from the plain one. */
export interface SessionOptions {
  /** The database to be in; null: none; not given: the target's. */
  readonly database?: string | null;
  /** Not given: the server's own default. */
  readonly sqlMode?: string;
  /**
   * Statements are bytes, a character for each: they travel as they are, whatever charset they are in and whatever the
   * session's is set to meanwhile. For dumps, which hold a routine's body in the charset that it was written in.
   */
  readonly bytes?: boolean;
}

/**
 * Opens a session: utf8mb4, one statement at a time, no LOCAL INFILE, values as the server prints them.
 * A statement that fails throws the driver's own error (see `sqlErrorOf`).
 *
 * @throws MajError `database-unreachable`, `database-access-denied`, `database-missing`, `database-tls`, exit code 2
 */
export async function connect(
  _context: Pick<Context, 'signal'>,
  target: Target,
  options: SessionOptions = {},
): Promise<Session> {
  try {
    const database = options.database === undefined ? target.database : options.database;
    const connection = await open(target, await driverOptions(target, database, options));
    try {
      return await greet(connection, options);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  } catch (error) {
    throw connectFailure(target, error);
  }
}

/** Opens a session for a piece of work and closes it afterwards, however that ends. */
export async function withSession<T>(
  context: Pick<Context, 'signal'>,
  target: Target,
  work: (session: Session) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const session = await connect(context, target, options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function open(target: Target, options: DriverOptions): Promise<Connection> {
  try {
    return await opened(options);
  } catch (error) {
    const noTls = error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (!noTls || target.sslMode !== 'preferred') throw error;
    return await opened(withoutTls(options));
  }
}

function opened(options: DriverOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = mysql.createConnection(options);
    // A connection that breaks while idle would otherwise end the process; the next statement reports it.
    connection.on('error', () => undefined);
    connection.connect((error) => {
      if (error === null) return resolve(connection);
      connection.destroy();
      reject(error);
    });
  });
}

async function greet(connection: Connection, options: SessionOptions): Promise<Session> {
  const lost = lossOf(connection);
  const rows = (sql: string, values?: readonly (string | number | null)[]): Promise<Row[]> =>
    lost.orResult((resolve, reject) => rowsOf(connection, sql, values, resolve, reject));
  const run = (sql: string): Promise<Outcome> =>
    lost.orResult((resolve, reject) => runOn(connection, sql, resolve, reject));
  // The handshake can only name a collation; this takes the server's own default for utf8mb4, as its client does.
  await run('SET NAMES utf8mb4');
  if (options.sqlMode !== undefined) await rows('SET SESSION sql_mode = ?', [options.sqlMode]);
  if (options.bytes === true) await sendBytes(connection, rows);
  const [greeting = {}] = await rows(
    'SELECT CONNECTION_ID() AS id, VERSION() AS version, @@version_comment AS comment',
  );
  return {
    connectionId: Number(greeting['id']),
    server: parseServerVersion(String(greeting['version']), String(greeting['comment'])),
    rows,
    run,
    close: () => closed(connection),
    destroy: () => {
      connection.destroy();
      lost.now();
    },
  };
}

/** The driver's number for the charset in which every character is the byte of its code. */
const latin1 = 8;

/**
 * Makes the driver send characters as bytes while the server takes them for utf8mb4. The connection was opened without
 * SESSION_TRACK: by that the server tells the driver of every `SET NAMES`, and the driver encodes accordingly.
 */
async function sendBytes(connection: Connection, rows: Session['rows']): Promise<void> {
  Object.assign(connection.config, { charsetNumber: latin1 });
  const [row] = await rows("SELECT HEX('\u00c3\u00a9') AS hex");
  if (row?.['hex'] !== 'C3A9') throw new Error('The database driver does not send bytes as they are.');
}

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/**
 * mysql2 tells the loss of a connection to the connection where a statement has no callback, and to nobody when we
 * cut it ourselves: whatever waits must be told, or waits for ever.
 */
function lossOf(connection: Connection): {
  orResult: <T>(settle: Settle<T>) => Promise<T>;
  now: () => void;
} {
  const waiting = new Set<(error: unknown) => void>();
  const tell = (error: unknown): void => waiting.forEach((reject) => reject(error));
  connection.on('error', tell);
  return {
    orResult: (settle) =>
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

function runOn(
  connection: Connection,
  sql: string,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
): void {
  let affectedRows = 0;
  let warnings = 0;
  connection
    .query(sql)
    .on('result', (result: Row | ResultSetHeader) => {
      if (!isHeader(result)) return;
      affectedRows += result.affectedRows;
      warnings = result.warningStatus;
    })
    .on('error', reject)
    .on('end', () => resolve({ affectedRows, warnings }));
}

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
