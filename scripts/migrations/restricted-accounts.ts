import { randomBytes } from 'node:crypto';
import { Secret } from '../config/types.ts';
import type { Context } from '../core/context.ts';
import { copyGrants, harmlessGrants } from '../database/grants.ts';
import type { DatabaseAccount } from '../database/inventory.ts';
import { withSession, type Session } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import type { Target } from '../database/session/target.ts';
import type { Throwaway } from '../server/throwaway.ts';
import type { Flavour } from '../sql/flavour.ts';
import { quoteAccount, quoteName, quoteNamePattern, quoteText } from '../sql/quote.ts';

/** The live account: who it is, and the lines of SHOW GRANTS for it. */
export interface LiveAccount {
  readonly account: DatabaseAccount;
  readonly grants: readonly string[];
}

/** How to enter a copy that is confined. */
export interface Confined {
  /** As whom the scripts run: by the live account's name, with its rights. */
  readonly scripts: Target;
  /** As an account that is still allowed everything, and that no script can know. */
  readonly overseer: Target;
}

/**
 * Makes it impossible on a throwaway server to reach anything outside of the copy, for whatever runs there from now on:
 * no account has rights beyond this database, but for what is harmless and the live account has as well
 * (`harmlessGrants`). So the server itself refuses what no reader of text can see (SQL that a routine puts
 * together), also where the other database is only on the live server (`DROP DATABASE IF EXISTS`).
 *
 * Scripts run as an account of the live one's name with what it has on its database (`copyGrants`): what it may not do
 * there fails here. Every other account, such as those that views and routines are defined by, has all rights on the copy.
 *
 * @param live undefined where it could not be asked: scripts run as root, with all rights on the copy
 */
export async function confine(
  context: Pick<Context, 'signal'>,
  throwaway: Throwaway,
  database: string,
  live: LiveAccount | undefined,
): Promise<Confined> {
  const root = throwaway.target(database);
  const watcher = { user: `maj_${randomBytes(8).toString('hex')}`, host: 'localhost' };
  const overseer = { ...root, user: watcher.user };
  const none = { database: null };
  await withSession(
    context,
    root,
    async (session) => {
      await session.run(`CREATE USER ${quoteAccount(watcher)}`);
      await session.run(`GRANT ALL ON *.* TO ${quoteAccount(watcher)} WITH GRANT OPTION`);
    },
    none,
  );
  const scripts = await withSession(
    context,
    overseer,
    async (session) => {
      const known = await session.rows('SHOW PRIVILEGES');
      const global = harmlessGrants(
        live?.grants,
        new Set(known.map((row) => String(row['Privilege']).toUpperCase())),
      );
      const giveHarmless = async (account: string): Promise<void> => {
        if (global.length > 0) await session.run(`GRANT ${global.join(', ')} ON *.* TO ${account}`);
      };
      const accounts = await session.rows(
        `SELECT User AS user, Host AS host FROM mysql.user
         WHERE (Create_priv = 'Y' OR User = '${mariadbSystem}') AND User <> ?`,
        [watcher.user],
      );
      const isDefiner = live !== undefined && (await isThere(session, entryOf(live)));
      for (const row of accounts) {
        const user = String(row['user']);
        const account = quoteAccount({ user, host: String(row['host']) });
        await session.run(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account}`);
        if (user === mariadbSystem) continue;
        await session.run(`GRANT ALL ON ${quoteNamePattern(database)}.* TO ${account} WITH GRANT OPTION`);
        await giveHarmless(account);
      }
      if (live === undefined || systemUsers.includes(live.account.user)) return root;
      const entered = await makeLikeLive(session, root, database, live, isDefiner);
      await giveHarmless(quoteAccount(entered.account));
      return entered.target;
    },
    none,
  );
  return { scripts, overseer };
}

/** How an account of the live one's name can enter over the socket: the server prefers this host to any pattern. */
const entryOf = ({ account }: LiveAccount): DatabaseAccount => ({ user: account.user, host: 'localhost' });

/** Not to be asked once the rights of MariaDB's own account are gone: `mysql.user` is a view of its. */
const isThere = async (session: Session, { user, host }: DatabaseAccount): Promise<boolean> =>
  (await session.rows('SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?', [user, host])).length > 0;

/**
 * Makes the account that scripts run as. Where something on the copy is defined by another account of that name at localhost, the
 * two are one: it keeps all rights on the copy then.
 *
 * @param isDefiner whether an account of that name and host is on the copy already
 */
async function makeLikeLive(
  session: Session,
  root: Target,
  database: string,
  live: LiveAccount,
  isDefiner: boolean,
): Promise<{ readonly target: Target; readonly account: DatabaseAccount }> {
  const entry = entryOf(live);
  const account = quoteAccount(entry);
  const isRoot = entry.user === root.user;
  const isAnothers = !isRoot && isDefiner && live.account.host !== entry.host;
  const password = randomBytes(18).toString('base64url');
  if (!isRoot) {
    await session.run(`CREATE USER IF NOT EXISTS ${account}`);
    await session.run(`ALTER USER ${account} IDENTIFIED BY ${quoteText(password)} ACCOUNT UNLOCK`);
  }
  if (!isAnothers) await session.run(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account}`);
  for (const { privileges, on } of isAnothers ? [] : copyGrants(live.grants, database)) {
    if (on === null)
      await session.run(`GRANT ${privileges} ON ${quoteNamePattern(database)}.* TO ${account}`);
    else {
      const name = `${quoteName(database)}.${quoteName(on.name)}`;
      await grantOnObject(session, `${privileges} ON ${on.type} ${name}`, account);
    }
  }
  const target = isRoot ? root : { ...root, user: entry.user, password: new Secret(password) };
  return { target, account: entry };
}

/** A grant outlives what it was given on: that is not on the copy then. */
const goneErrors = [1146, 1305];

async function grantOnObject(session: Session, grant: string, account: string): Promise<void> {
  try {
    await session.run(`GRANT ${grant} TO ${account}`);
  } catch (error) {
    if (!goneErrors.includes(sqlErrorOf(error)?.errno ?? 0)) throw error;
  }
}

/**
 * MariaDB's own account: it may read and delete accounts, and a routine can be defined as it. (MySQL's own have SYSTEM_USER:
 * nobody without that can define anything as them.)
 */
const mariadbSystem = 'mariadb.sys';

/** Nobody can enter as these; an account without a name is anybody's. */
const systemUsers: readonly string[] = ['', mariadbSystem, 'mysql.sys', 'mysql.session', 'mysql.infoschema'];

/** The servers' errors for what an account may not do: on a database, table, column, routine, on the server. */
const denied = [1044, 1142, 1143, 1370, 1227];

/** Whether an error says that the account may not do it. */
export const isDenied = (errno: number | undefined): boolean => errno !== undefined && denied.includes(errno);

const denialsQuery: Readonly<Record<Flavour, string>> = {
  mariadb:
    "SELECT VARIABLE_VALUE AS denials FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'ACCESS_DENIED_ERRORS'",
  mysql: `SELECT SUM(SUM_ERROR_RAISED + SUM_ERROR_HANDLED) AS denials
    FROM performance_schema.events_errors_summary_global_by_error WHERE ERROR_NUMBER IN (${denied.join(', ')})`,
};

/**
 * How often the server has refused something since it was started, also where a routine has handled the error so that
 * nobody was told. MariaDB does not count calls of routines (`access_denied_errors`, 10.11 and 11.8).
 */
export async function denialsOf(session: Session): Promise<number> {
  const [row] = await session.rows(denialsQuery[session.server.flavour]);
  const denials = row?.['denials'];
  // Not a row where nothing is counted: an answer of 0 would pass over what was refused.
  if (denials === undefined || denials === null)
    throw new Error('The server was started without countsRefusals.');
  return Number(denials);
}

/**
 * Whether a session holds LOCK TABLES, or FLUSH TABLES … WITH READ LOCK, on tables of a database: whoever looks at one of
 * them would wait. It is not waited for here.
 */
export async function areTablesLocked(session: Session, database: string): Promise<boolean> {
  const rows = await session.rows(`SHOW OPEN TABLES FROM ${quoteName(database)} WHERE In_use > 0`);
  return rows.length > 0;
}
