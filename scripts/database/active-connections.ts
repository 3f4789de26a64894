import { systemNow } from './session/session-state.ts';
import type { Row, Session } from './session/session.ts';
import { sqlErrorOf } from './session/session.ts';

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

/** Reads what two tables of the server say: pure. */
export function workersOf(
  processes: readonly Readonly<Record<string, unknown>>[],
  transactions: readonly Readonly<Record<string, unknown>>[],
): readonly AtWork[] {
  const began = new Map(transactions.map((row) => [String(row['id']), Number(row['seconds'])]));
  return processes.flatMap((row): readonly AtWork[] => {
    const id = String(row['id']);
    const account = `${String(row['user'])}@${String(row['host'])}`;
    const transaction = began.get(id);
    // Whoever waits for the next statement sleeps; the event scheduler and replication have no part in this.
    if (['Query', 'Execute', 'Fetch', 'Prepare', 'Close stmt'].includes(String(row['command'])))
      return [{ id, account, does: 'statement', seconds: Number(row['seconds']) }];
    return transaction === undefined ? [] : [{ id, account, does: 'transaction', seconds: transaction }];
  });
}

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
export function processesIn(
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
export async function transactionsOrRefused(session: Session): Promise<readonly Row[] | undefined> {
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
