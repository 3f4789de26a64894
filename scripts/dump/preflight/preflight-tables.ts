import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { allows, currentUser, type Grants } from '../../database/grants.ts';
import type { Session } from '../../database/session/session.ts';
import { knownOptions, type DumpClient } from '../client/clients.ts';

/** A table whose engine knows no transactions: no snapshot covers it. */
export interface TableToLock {
  readonly name: string;
  readonly engine: string;
}

/**
 * Checks that each table can be read, and that all of it will be in the dump.
 *
 * @returns the tables that must be locked for that: this user may
 * @throws MajError `tables-unreadable`, `history-not-dumped`, `outside-snapshot`
 */
export async function checkTables(
  context: Pick<Context, 'env'>,
  session: Session,
  client: DumpClient,
  grants: Grants,
  database: string,
): Promise<TableToLock[]> {
  const rows = await session.rows(
    `SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS kind, t.ENGINE AS engine, t.TABLE_COMMENT AS comment,
       e.TRANSACTIONS AS transactions
     FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
     WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY t.TABLE_NAME`,
    [database],
  );
  const tables = rows.map((row) => ({
    name: String(row['name']),
    kind: String(row['kind']),
    // Without an engine the server could not open it, and says why in the place of the comment.
    engine: typeof row['engine'] === 'string' ? row['engine'] : undefined,
    reason: String(row['comment']),
    transactional: row['transactions'] === 'YES',
  }));
  const unreadable = tables.filter(({ engine }) => engine === undefined);
  if (unreadable.length > 0)
    throw refused('tables-unreadable', {
      tables: unreadable.map(({ name, reason }) => `${name} (${reason})`),
    });
  const versioned = tables.filter(({ kind }) => kind === 'SYSTEM VERSIONED').map(({ name }) => name);
  if (versioned.length > 0 && !(await knownOptions(context, client.dump, client.via))('dump-history'))
    throw refused('history-not-dumped', { tables: versioned, program: client.dump });
  const outside = tables
    .filter(({ transactional }) => !transactional)
    .map(({ name, engine = '' }) => ({ name, engine }));
  if (outside.length > 0 && !allows(grants, 'LOCK TABLES'))
    throw refused('outside-snapshot', { tables: outside, database, user: await currentUser(session) });
  return outside;
}
