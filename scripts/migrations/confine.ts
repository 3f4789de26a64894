import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { harmlessGrants } from '../database/harmless-grants.ts';
import { quoteAccount, quoteName, quoteNamePattern } from '../database/quote.ts';
import { withSession, type Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import type { Throwaway } from '../database/throwaway.ts';

/**
 * Makes it impossible on a throwaway server to reach anything outside of the copy, for whatever runs there from now on:
 * every account has all rights on this database, and of what holds everywhere only what is harmless and the live account
 * has as well (`harmlessGrants`). So the server itself refuses what no reader of text can see (SQL that a routine puts
 * together), also where the other database is only on the live server (`DROP DATABASE IF EXISTS`).
 *
 * @param live SHOW GRANTS of the live account; undefined where it could not be asked
 * @returns how to enter as an account that is still allowed everything, and that no script can know
 */
export async function confine(
  context: Pick<Context, 'signal'>,
  throwaway: Throwaway,
  database: string,
  live: readonly string[] | undefined,
): Promise<Target> {
  const root = throwaway.target(database);
  const overseer = { user: `maj_${randomBytes(8).toString('hex')}`, host: 'localhost' };
  const target = { ...root, user: overseer.user };
  const none = { database: null };
  await withSession(
    context,
    root,
    async (session) => {
      await session.run(`CREATE USER ${quoteAccount(overseer)}`);
      await session.run(`GRANT ALL ON *.* TO ${quoteAccount(overseer)} WITH GRANT OPTION`);
    },
    none,
  );
  await withSession(
    context,
    target,
    async (session) => {
      const known = await session.rows('SHOW PRIVILEGES');
      const global = harmlessGrants(
        live,
        new Set(known.map((row) => String(row['Privilege']).toUpperCase())),
      );
      const accounts = await session.rows(
        `SELECT User AS user, Host AS host FROM mysql.user
         WHERE (Create_priv = 'Y' OR User = '${mariadbSystem}') AND User <> ?`,
        [overseer.user],
      );
      for (const row of accounts) {
        const user = String(row['user']);
        const account = quoteAccount({ user, host: String(row['host']) });
        await session.run(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account}`);
        if (user === mariadbSystem) continue;
        await session.run(`GRANT ALL ON ${quoteNamePattern(database)}.* TO ${account} WITH GRANT OPTION`);
        if (global.length > 0) await session.run(`GRANT ${global.join(', ')} ON *.* TO ${account}`);
      }
    },
    none,
  );
  return target;
}

/**
 * MariaDB's own account: it may read and delete accounts, and a routine can be defined as it. (MySQL's own have SYSTEM_USER:
 * nobody without that can define anything as them.)
 */
const mariadbSystem = 'mariadb.sys';

/** The servers' errors for what an account may not do: on a database, table, column, routine, on the server. */
const denied = [1044, 1142, 1143, 1370, 1227];

/** Whether an error says that the account may not do it. */
export const isDenied = (errno: number | undefined): boolean => errno !== undefined && denied.includes(errno);

/**
 * How often the server has refused something since it was started, also where a routine has handled the error so that
 * nobody was told. MariaDB does not count calls of routines (`access_denied_errors`, 10.11 and 11.8).
 */
export async function denialsOf(session: Session): Promise<number> {
  const [row] = await session.rows(
    session.server.flavour === 'mariadb'
      ? "SELECT VARIABLE_VALUE AS denials FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'ACCESS_DENIED_ERRORS'"
      : `SELECT SUM(SUM_ERROR_RAISED + SUM_ERROR_HANDLED) AS denials
         FROM performance_schema.events_errors_summary_global_by_error WHERE ERROR_NUMBER IN (${denied.join(', ')})`,
  );
  return Number(row?.['denials'] ?? 0);
}

/**
 * Whether a session holds LOCK TABLES, or FLUSH TABLES … WITH READ LOCK, on tables of a database: whoever looks at one of
 * them would wait. It is not waited for here.
 */
export async function areTablesLocked(session: Session, database: string): Promise<boolean> {
  const rows = await session.rows(`SHOW OPEN TABLES FROM ${quoteName(database)} WHERE In_use > 0`);
  return rows.length > 0;
}
