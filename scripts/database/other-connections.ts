import type { Context } from '../core/context.ts';
import { systemNow } from './session/session-state.ts';
import { sqlErrorOf, withSession, type Row, type Session } from './session/session.ts';
import type { Target } from './session/target.ts';

/** A connection that is at work in a database. */
export interface AtWork {
  readonly id: string;
  /** `app@10.0.0.5:51234`. */
  readonly account: string;
  /** It runs a statement, or has begun a transaction and not ended it. */
  readonly does: 'statement' | 'transaction';
  readonly seconds: number;
}

/** Who is at work in a database, and whether that is all: without PROCESS a session sees its own account alone. */
export interface Workers {
  readonly connections: readonly AtWork[];
  readonly whole: boolean;
}

/** Those of `othersOf` that are at work: pure. */
export const workersOf = (processes: readonly Row[], transactions: readonly Row[]): readonly AtWork[] =>
  othersOf(processes, transactions).flatMap(({ id, account, does, seconds }) =>
    does === 'idle' ? [] : [{ id, account, does, seconds }],
  );

const notAllowed = [1227, 1044, 1142];

/** Who else is at work in a database now. Never what they run: that holds rows. */
export async function workersIn(session: Session, database: string): Promise<Workers> {
  const processes = await processesIn(session, database);
  const transactions = await transactionsOrRefused(session);
  return { connections: workersOf(processes, transactions ?? []), whole: transactions !== undefined };
}

/**
 * The connections of others in a database. MariaDB does not tell the database of a connection whose data it cannot lock at that
 * moment, and says `Busy` instead: that one may be in it.
 *
 * @param options `more`: columns beside id, user, host, command and seconds, of the process list `p`; `except`: connections of
 *   our own
 */
function processesIn(
  session: Session,
  database: string,
  { more = [], except = [] }: { readonly more?: readonly string[]; readonly except?: readonly number[] } = {},
): Promise<Row[]> {
  const columns = [
    'p.ID AS id',
    'p.USER AS user',
    'p.HOST AS host',
    'p.COMMAND AS command',
    'p.TIME AS seconds',
  ];
  return session.rows(
    `SELECT ${[...columns, ...more].join(', ')} FROM information_schema.PROCESSLIST p
     WHERE (p.DB = ? OR p.STATE = 'Busy') AND p.ID NOT IN (${['CONNECTION_ID()', ...except].join(', ')})`,
    [database],
  );
}

/** The open transactions by connection; undefined for a user who may not see them: the PROCESS privilege is needed. */
async function transactionsOrRefused(session: Session): Promise<readonly Row[] | undefined> {
  try {
    return await session.rows(
      `SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, ${systemNow}) AS seconds
       FROM information_schema.INNODB_TRX`,
    );
  } catch (error) {
    if (notAllowed.includes(sqlErrorOf(error)?.errno ?? 0)) return undefined;
    throw error;
  }
}

/** A connection of somebody else in a database. */
export interface OtherConnection extends Omit<AtWork, 'does'> {
  /** What the client calls itself; undefined where the server does not tell: MariaDB without the performance schema. */
  readonly program: string | undefined;
  readonly does: AtWork['does'] | 'idle';
  /** The first words of its statement, without any value; undefined where there is none, or it begins with something else. */
  readonly words: string | undefined;
}

/** Who else was seen in a database, and whether that is all: without PROCESS a session sees its own account alone. */
export interface Others {
  readonly database: string;
  readonly connections: readonly OtherConnection[];
  readonly whole: boolean;
}

const pauseMs = 20;
const mostShown = 5;

/**
 * Names who else is in a database: for the error that says that somebody changes it. It looks again and again, for many
 * clients connect for one statement only, until it sees one that changes something, for two seconds at most.
 *
 * @param except connections of our own
 * @returns undefined where nothing can be learned; the cause of the error must not be hidden by that
 */
export async function findOthers(
  context: Pick<Context, 'clock' | 'signal'>,
  target: Target,
  except: readonly number[] = [],
): Promise<Others | undefined> {
  const { database } = target;
  const look = async (session: Session): Promise<Others> => {
    const more = toldOf(await attributesTable(session));
    const until = context.clock.monotonicMs() + 2000;
    let seen: readonly OtherConnection[] = [];
    for (;;) {
      const transactions = await transactionsOrRefused(session);
      const now = othersOf(await processesIn(session, database, { more, except }), transactions ?? []);
      seen = merged(seen, now);
      if (seen.some(changes) || context.clock.monotonicMs() >= until)
        return { database, connections: seen.slice(0, mostShown), whole: transactions !== undefined };
      await context.clock.sleep(pauseMs);
    }
  };
  return withSession(context, target, look).catch(() => undefined);
}

/** Reads what the server says of connections and of transactions: pure. */
export function othersOf(rows: readonly Row[], transactions: readonly Row[]): readonly OtherConnection[] {
  const began = new Map(transactions.map((row) => [String(row['id']), Number(row['seconds'])]));
  return rows.flatMap((row): readonly OtherConnection[] => {
    const id = String(row['id']);
    const text = (key: string): string | undefined => (typeof row[key] === 'string' ? row[key] : undefined);
    const isRunning = statementCommands.includes(String(row['command']));
    // The event scheduler and replication have no part in this.
    if (!isRunning && !began.has(id) && row['command'] !== 'Sleep') return [];
    return [
      {
        id,
        account: `${String(row['user'])}@${String(row['host'])}`,
        program: text('program'),
        does: isRunning ? 'statement' : began.has(id) ? 'transaction' : 'idle',
        words: firstWords(text('info') ?? ''),
        seconds: isRunning ? Number(row['seconds']) : (began.get(id) ?? Number(row['seconds'])),
      },
    ];
  });
}

/** Whoever waits for the next statement sleeps. */
const statementCommands: readonly string[] = ['Query', 'Execute', 'Fetch', 'Prepare', 'Close stmt'];

/**
 * The words that a statement begins with, up to four names. It ends before the first sign that is none of a name's:
 * what stands behind may be a row's. Pure.
 */
export function firstWords(statement: string): string | undefined {
  return /^\s*((?:[a-z_][\w$]*|`[^`]*`)(?:[\s.]+(?:[a-z_][\w$]*|`[^`]*`)){0,3})(?![\w$])/i
    .exec(statement)?.[1]
    ?.replaceAll(/\s+/g, ' ');
}

const writing =
  /^(?:insert|update|delete|replace|load|call|execute|commit|truncate|create|alter|drop|rename|optimize)\b/i;

const changes = ({ words }: OtherConnection): boolean => words !== undefined && writing.test(words);

const rank = (one: OtherConnection): number =>
  changes(one) ? 0 : one.does === 'transaction' ? 1 : one.does === 'statement' ? 2 : 3;

/** What was seen of each connection that tells most; those first that change something, then those that were at work last. */
const merged = (
  before: readonly OtherConnection[],
  now: readonly OtherConnection[],
): readonly OtherConnection[] => {
  const best = new Map(before.map((one) => [one.id, one]));
  for (const one of now) {
    const known = best.get(one.id);
    if (known === undefined || rank(one) < rank(known)) best.set(one.id, one);
  }
  return [...best.values()].sort((a, b) => rank(a) - rank(b) || a.seconds - b.seconds);
};

/** The table of what clients say of themselves that this account may read; of its own account everybody may. */
async function attributesTable(session: Session): Promise<string | undefined> {
  for (const name of ['session_connect_attrs', 'session_account_connect_attrs']) {
    const table = `performance_schema.${name}`;
    const may = await session.rows(`SELECT 1 FROM ${table} LIMIT 1`).then(
      () => true,
      () => false,
    );
    if (may) return table;
  }
  return undefined;
}

/** What a process is told with: its statement, and its program, which the library is called by where it has no name. */
const toldOf = (attributes: string | undefined): readonly string[] => [
  'LEFT(p.INFO, 300) AS info',
  attributes === undefined
    ? 'NULL AS program'
    : `(SELECT ATTR_VALUE FROM ${attributes} WHERE PROCESSLIST_ID = p.ID AND ATTR_NAME IN ('program_name', '_client_name')
        ORDER BY ATTR_NAME DESC LIMIT 1) AS program`,
];

/**
 * Who is in a database: one of them holds the lock that is waited for. Which one, servers tell only with instruments that
 * are rarely on. A user without PROCESS sees the connections of its own account, which is the application's. Never what
 * they run: that holds rows.
 */
export async function othersIn(
  session: Session,
  database: string,
  except: readonly number[] = [],
): Promise<string[]> {
  const rows = await session.rows(
    `SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST
     WHERE DB = ? AND ID NOT IN (${['CONNECTION_ID()', ...except].join(', ')}) ORDER BY TIME DESC LIMIT 5`,
    [database],
  );
  return rows.map((row) => `${connectionText(row)} (${String(row['seconds'])} s)`);
}

function connectionText(row: Row): string {
  const [id, user, host] = ['id', 'user', 'host'].map((key) => String(row[key]));
  return `connection ${id} of ${user}@${host}`;
}

/**
 * Who may hold the lock that a change waited for: the connections whose transactions are open; where these cannot be seen
 * (without PROCESS), who is in the database. Never what they run.
 *
 * @param except connections of our own
 */
export async function holdersIn(
  session: Session,
  database: string,
  except: readonly number[],
): Promise<string[]> {
  const open = `SELECT p.ID AS id, p.USER AS user, p.HOST AS host,
      TIMESTAMPDIFF(SECOND, t.trx_started, ${systemNow}) AS seconds
    FROM information_schema.INNODB_TRX t
    JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
    WHERE p.DB = ? AND p.ID NOT IN (${['CONNECTION_ID()', ...except].join(', ')}) ORDER BY seconds DESC LIMIT 5`;
  const rows = await session.rows(open, [database]).catch(() => []);
  if (rows.length > 0)
    return rows.map((row) => `${connectionText(row)}, in a transaction since ${String(row['seconds'])} s`);
  return othersIn(session, database, except);
}

/** Whether a dump program waits for a lock on a table; both programs begin their reading with these words. */
export async function heldUp(session: Session, database: string): Promise<boolean> {
  const rows = await session.rows(
    `SELECT ID AS id FROM information_schema.PROCESSLIST
     WHERE DB = ? AND STATE = 'Waiting for table level lock' AND INFO LIKE 'SELECT /*!40001 SQL_NO_CACHE%'`,
    [database],
  );
  return rows.length > 0;
}
