import type { Flavour } from '../sql/flavour.ts';
import { quoteAccount } from '../sql/quote.ts';
import { currentUser, holdsEverywhere, readGrantLines } from './grants.ts';
import { parseAccount, type DatabaseAccount } from './inventory.ts';
import { sqlErrorOf, type Session } from './session/session.ts';

/** What stands between an account of ours and the locking of others; undefined when nothing does. */
export type LockObstacle =
  | { readonly kind: 'privileges'; readonly missing: readonly string[]; readonly readable: string }
  | { readonly kind: 'unknown'; readonly names: readonly string[] }
  | { readonly kind: 'own'; readonly name: string };

/**
 * Where the server keeps which accounts are locked. MariaDB has it in the JSON of `mysql.global_priv` alone, since 10.4.2;
 * its roles are in there too, and cannot be locked.
 */
const tables: Readonly<
  Record<Flavour, { readonly table: string; readonly locked: string; readonly where: string }>
> = {
  mysql: { table: 'mysql.user', locked: "account_locked = 'Y'", where: 'TRUE' },
  mariadb: {
    table: 'mysql.global_priv',
    locked: "JSON_VALUE(Priv, '$.account_locked') IS TRUE",
    where: "JSON_VALUE(Priv, '$.is_role') IS NOT TRUE",
  },
};

/** The privilege to end connections of others. */
const connectionAdmin: Readonly<Record<Flavour, string>> = {
  mysql: 'CONNECTION_ADMIN',
  mariadb: 'CONNECTION ADMIN',
};

/** What it takes on all of a server: the first of each line, by the name that GRANT takes, or what is as good. */
const neededOn = (flavour: Flavour): readonly (readonly [string, ...string[]])[] => [
  ['CREATE USER'],
  ['PROCESS'],
  [connectionAdmin[flavour], 'SUPER'],
];

/** Learns, before anything is done, whether this account may lock all accounts of these names. */
export async function findLockObstacle(
  session: Session,
  names: readonly string[],
): Promise<LockObstacle | undefined> {
  const { flavour } = session.server;
  const own = parseAccount(await currentUser(session)).user;
  if (names.includes(own)) return { kind: 'own', name: own };
  const lines = await readGrantLines(session);
  const missing = neededOn(flavour)
    .filter((oneOf) => !holdsEverywhere(lines, ...oneOf))
    .map(([first]) => first);
  const accounts = await readAccounts(session, names).catch((error: unknown) => {
    if (sqlErrorOf(error) === undefined) throw error;
    return undefined;
  });
  if (missing.length > 0 || accounts === undefined)
    return { kind: 'privileges', missing, readable: tables[flavour].table };
  const unknown = names.filter((name) => !accounts.some(({ user }) => user === name));
  return unknown.length > 0 ? { kind: 'unknown', names: unknown } : undefined;
}

/** All accounts of these names (one for each host that it may come from), and whether each is locked. */
export async function readAccounts(
  session: Session,
  names: readonly string[],
): Promise<readonly (DatabaseAccount & { readonly isLocked: boolean })[]> {
  const { table, locked, where } = tables[session.server.flavour];
  const rows = await session.rows(
    `SELECT User AS user, Host AS host, ${locked} AS locked FROM ${table} WHERE ${where} AND User IN (${marks(names)}) ORDER BY User, Host`,
    names,
  );
  return rows.map((row) => ({
    user: String(row['user']),
    host: String(row['host']),
    isLocked: Number(row['locked']) === 1,
  }));
}

/** Locks accounts, or unlocks them; fine where they are so already, or are not there any more. Who is connected stays connected. */
export async function setLocked(
  session: Session,
  accounts: readonly DatabaseAccount[],
  isLocked: boolean,
): Promise<void> {
  for (const account of accounts)
    await session.rows(
      `ALTER USER IF EXISTS ${quoteAccount(account)} ACCOUNT ${isLocked ? 'LOCK' : 'UNLOCK'}`,
    );
}

/** The connections of accounts of these names, in whatever database; without those that are being ended. */
export async function connectionsOf(session: Session, names: readonly string[]): Promise<readonly number[]> {
  const rows = await session.rows(
    `SELECT ID AS id FROM information_schema.PROCESSLIST
     WHERE USER IN (${marks(names)}) AND COMMAND <> 'Killed' AND ID <> CONNECTION_ID()`,
    names,
  );
  return rows.map(({ id }) => Number(id));
}

const noSuchThread = 1094;

/** Ends connections; fine where one has gone meanwhile. What they had begun and not committed is rolled back. */
export async function endConnections(session: Session, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    try {
      await session.rows(`KILL CONNECTION ${id}`);
    } catch (error) {
      if (sqlErrorOf(error)?.errno !== noSuchThread) throw error;
    }
  }
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
