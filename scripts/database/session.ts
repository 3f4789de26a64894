import { readFile } from 'node:fs/promises';
import mysql, { type Connection, type ConnectionOptions, type ResultSetHeader } from 'mysql2';
import type { Context } from '../context.ts';
import { connectFailure } from './connect-failure.ts';
import { parseServerVersion, type ServerVersion } from './flavour.ts';
import type { Target } from './target.ts';

/** A row as the server sent it; dates, decimals and big integers are texts. */
export type Row = Record<string, unknown>;

/** A connection, and what was learned of the server when it was opened. */
export interface Session {
  readonly connectionId: number;
  readonly server: ServerVersion;
  /** Runs a statement and keeps its rows; values go to the server apart from the text, safe in every sql_mode. */
  rows(sql: string, values?: readonly (string | number | null)[]): Promise<Row[]>;
  /** Runs any one statement; the rows that it may send are dropped as they come. */
  run(sql: string): Promise<{ readonly affectedRows: number; readonly warnings: number }>;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Cuts the connection; the server ends what it was doing at its own pace. */
  destroy(): void;
}

/** How a session differs from the plain one. */
export interface SessionOptions {
  /** The database to be in; null: none; not given: the target's. */
  readonly database?: string | null;
  /** Not given: the server's own default. */
  readonly sqlMode?: string;
}

const connectTimeoutMs = 10_000;

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
    const connection = await open(target, await optionsFor(target, options));
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

async function optionsFor(target: Target, options: SessionOptions): Promise<ConnectionOptions> {
  const database = options.database === undefined ? target.database : options.database;
  return {
    ...(target.socket === undefined
      ? { host: target.host, port: target.port, ...(await tlsFor(target)) }
      : { socketPath: target.socket }),
    user: target.user,
    password: target.password?.reveal() ?? '',
    ...(database === null ? {} : { database }),
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    multipleStatements: false,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // The driver would read JSON into objects and print them anew: blanks and the order of keys would be ours.
    jsonStrings: true,
    flags: ['-LOCAL_FILES'],
  };
}

async function tlsFor(target: Target): Promise<Pick<ConnectionOptions, 'ssl'>> {
  if (target.sslMode === 'disabled') return {};
  if (target.sslMode !== 'verify') return { ssl: { rejectUnauthorized: false } };
  const ca = target.sslCa === undefined ? {} : { ca: await readFile(target.sslCa, 'utf8') };
  return { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...ca } };
}

async function open(target: Target, options: ConnectionOptions): Promise<Connection> {
  try {
    return await opened(options);
  } catch (error) {
    const withoutTls = error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (!withoutTls || target.sslMode !== 'preferred') throw error;
    return await opened(Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'ssl')));
  }
}

function opened(options: ConnectionOptions): Promise<Connection> {
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
  // The handshake can only name a collation; this takes the server's own default for utf8mb4, as its client does.
  await run(connection, 'SET NAMES utf8mb4');
  if (options.sqlMode !== undefined) await rowsOf(connection, 'SET SESSION sql_mode = ?', [options.sqlMode]);
  const [greeting = {}] = await rowsOf(
    connection,
    'SELECT CONNECTION_ID() AS id, VERSION() AS version, @@version_comment AS comment',
  );
  return {
    connectionId: Number(greeting['id']),
    server: parseServerVersion(String(greeting['version']), String(greeting['comment'])),
    rows: (sql, values) => rowsOf(connection, sql, values),
    run: (sql) => run(connection, sql),
    close: () =>
      new Promise((resolve) => {
        connection.end(() => resolve());
      }),
    destroy: () => connection.destroy(),
  };
}

function rowsOf(
  connection: Connection,
  sql: string,
  values?: readonly (string | number | null)[],
): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const finish = (error: unknown, result: unknown): void => {
      if (error instanceof Error) return reject(error);
      resolve(Array.isArray(result) ? (result as Row[]) : []);
    };
    if (values === undefined) connection.query(sql, finish);
    else connection.execute(sql, [...values], finish);
  });
}

function run(
  connection: Connection,
  sql: string,
): Promise<{ readonly affectedRows: number; readonly warnings: number }> {
  return new Promise((resolve, reject) => {
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
  });
}

function isHeader(result: Row | ResultSetHeader): result is ResultSetHeader {
  return result.constructor.name === 'ResultSetHeader';
}

export { sqlErrorOf, type SqlError } from './sql-error.ts';
