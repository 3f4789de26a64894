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
