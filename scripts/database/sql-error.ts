/** What the server, or the driver on a lost connection, said of a statement that failed. */
export interface SqlError {
  /** Such as `ER_NO_SUCH_TABLE` or `PROTOCOL_CONNECTION_LOST`. */
  readonly code: string;
  /** The server's number; undefined when the connection was lost. */
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly message: string;
}

/** Reads an error that the driver threw; undefined for any other. */
export function sqlErrorOf(error: unknown): SqlError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const { code, message } = error;
  const sqlState = 'sqlState' in error && typeof error.sqlState === 'string' ? error.sqlState : undefined;
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;
  // `fatal`: the driver's own mark on errors that ended the connection, whatever the system called them.
  const fatal = 'fatal' in error && error.fatal === true;
  if (sqlState === undefined && !fatal) return undefined;
  const text = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? error.sqlMessage : message;
  return { code, errno: sqlState === undefined ? undefined : errno, sqlState, message: text };
}
