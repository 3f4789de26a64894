import type { Context } from '../../core/context.ts';
import { MajError, refused } from '../../core/errors.ts';
import { askAurora, mayBeAurora, recognizeServer, type ServerVersion } from '../../sql/server-version.ts';
import { noMoreThan } from '../../sql/quote.ts';
import { driverOptions } from './connection-options.ts';
import { openDriver, type Driver, type Row } from './driver.ts';
import { stateStatement, type SessionState } from './session-state.ts';
import { connectFailure, connectionCut } from './sql-error.ts';
import { addressText, type Target } from './target.ts';

export { sqlErrorOf, type SqlError } from './sql-error.ts';

export type { Row } from './driver.ts';

/** A connection, and what was learned of the server when it was opened. */
export interface Session extends Driver {
  readonly connectionId: number;
  readonly server: ServerVersion;
  /** Whether the server runs statements of its own when a client connects (`init_connect`); `reset` does not run them again. */
  readonly hasInitConnect: boolean;
}

/** How a session differs from the plain one. */
interface SessionOptions {
  /** The database to be in; null: none; not given: the target's. */
  readonly database?: string | null;
  /** Not given: `ours`. */
  readonly state?: SessionState;
  /** Not given: one of our own, or for another state the one that it begins with. */
  readonly sqlMode?: string;
  /** Seconds that a statement waits for other sessions to let go of a table at most; not given: the server's own. */
  readonly lockWaitSeconds?: number;
  /**
   * Statements are bytes, a character for each: they travel as they are, whatever charset they are in and whatever the
   * session's is set to meanwhile. For dumps, which hold a routine's body in the charset that it was written in.
   */
  readonly bytes?: boolean;
  /** How long to wait for the server to greet; not given: some seconds. */
  readonly connectMs?: number;
  /** What is run may set the session to another charset: what the server says is read all the same. */
  readonly anyCharset?: boolean;
}

/**
 * Opens a session: in the known state (`session-state.ts`), one statement at a time, no LOCAL INFILE, values as the server
 * prints them.
 * A statement that fails throws the driver's own error (see `sqlErrorOf`).
 *
 * @throws MajError `database-unreachable`, `database-access-denied`, `database-missing`, `database-tls`, exit code 2;
 *   `server-not-supported` where what answers is neither MariaDB nor MySQL
 */
export async function connect(
  _context: Pick<Context, 'signal'>,
  target: Target,
  options: SessionOptions = {},
): Promise<Session> {
  try {
    const database = options.database === undefined ? target.database : options.database;
    const driver = await openDriver(target, await driverOptions(target, database, options));
    try {
      return await greet(target, driver, options);
    } catch (error) {
      driver.destroy();
      throw error;
    }
  } catch (error) {
    throw connectFailure(target, error);
  }
}

/**
 * Opens a session for a piece of work and closes it afterwards, however that ends.
 *
 * @throws MajError what `connect` throws; `database-lost` when the connection was cut and the work did not see to it
 */
export async function withSession<T>(
  context: Pick<Context, 'signal'>,
  target: Target,
  work: (session: Session) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const session = await connect(context, target, options);
  try {
    return await work(session);
  } catch (error) {
    throw connectionCut(target, error);
  } finally {
    await session.close();
  }
}

async function greet(target: Target, driver: Driver, options: SessionOptions): Promise<Session> {
  try {
    await prepare(driver, options);
  } catch (error) {
    // What is neither MariaDB nor MySQL may lack some of the known state: then it is named, and not what it lacks.
    await recognized(target, driver, `SELECT ${words}`).catch((reason: unknown) => {
      if (reason instanceof MajError) throw reason;
    });
    throw error;
  }
  if (options.bytes === true) await driver.sendBytes();
  const more = 'CONNECTION_ID() AS id, LENGTH(@@GLOBAL.init_connect) AS init';
  const { greeting, server } = await recognized(target, driver, `SELECT ${words}, ${more}`);
  return {
    ...(options.anyCharset === true ? readable(driver) : driver),
    reset: async () => {
      await driver.reset();
      await prepare(driver, options);
    },
    connectionId: Number(greeting['id']),
    server,
    hasInitConnect: Number(greeting['init']) > 0,
  };
}

const words = 'VERSION() AS version, @@version_comment AS comment';

/** Asks a server what it is, before it is asked or told anything else. */
async function recognized(
  target: Target,
  driver: Driver,
  question: string,
): Promise<{ readonly greeting: Row; readonly server: ServerVersion }> {
  const [greeting = {}] = await driver.rows(question);
  const said = { version: String(greeting['version']), comment: String(greeting['comment']) };
  let server = recognizeServer(said);
  if (mayBeAurora(server)) {
    const [row] = await driver.rows(askAurora);
    if (row !== undefined) server = recognizeServer({ ...said, aurora: String(row['Value']) });
  }
  if ('flavour' in server) return { greeting, server };
  throw refused('server-not-supported', { address: addressText(target), ...server });
}

async function prepare(driver: Driver, options: SessionOptions): Promise<void> {
  const { sqlMode, lockWaitSeconds, state = 'ours' } = options;
  if (state === 'client') return;
  const isPlain = sqlMode !== undefined && /^\w*(?:,\w+)*$/.test(sqlMode);
  await driver.run(
    stateStatement(state, [
      ...(lockWaitSeconds === undefined
        ? []
        : [`SESSION lock_wait_timeout = ${noMoreThan('lock_wait_timeout', lockWaitSeconds)}`]),
      // Names and commas need no escapes: all of it goes in one statement.
      ...(isPlain ? [`SESSION sql_mode = '${sqlMode}'`] : []),
    ]),
  );
  if (sqlMode !== undefined && !isPlain) await driver.rows('SET SESSION sql_mode = ?', [sqlMode]);
}

/** A statement after which the server may send rows, warnings and errors in another charset. */
const maySetCharset = /^\s*(?:\/\*M?!\d*\s*)?(?:set\b[^]*?\b(?:names|char)|call\b|execute\b|begin\s+not\b)/i;

/** The charsets whose rows the driver cannot read at all: it ends the connection, even over the rows of SHOW WARNINGS. */
const unreadable = /\b(?:dec8|hp8|swe7|keybcs2|geostd8|eucjpms)\b/i;

/**
 * The same connection, on which whatever the server says comes in utf8mb4, though what is run on it may set another
 * charset. Statements are sent as they are, and what they store is the same: nothing but answers depend on
 * `character_set_results`.
 *
 * It is set again before the next statement, and not at once: MySQL would forget the warnings of the one that changed it.
 */
function readable(driver: Driver): Driver {
  let mayBeSet = false;
  const setBack = (): void => {
    if (!mayBeSet) return;
    mayBeSet = false;
    // In order before what is run next, which tells when the connection is lost.
    driver.run('SET character_set_results = utf8mb4').catch(() => undefined);
  };
  return {
    ...driver,
    run: (sql, onSuccess) => {
      setBack();
      const outcome = driver.run(sql, onSuccess);
      mayBeSet = maySetCharset.test(sql);
      if (mayBeSet && unreadable.test(sql)) setBack();
      return outcome;
    },
  };
}
