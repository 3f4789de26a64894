import { randomBytes } from 'node:crypto';
import { Secret } from '../config/secret.ts';
import type { Context } from '../context.ts';
import type { Account } from './inventory.ts';
import { makeStandIns, type OutsideTable } from './outside-tables.ts';
import { quoteAccount, quoteName, quoteNamePattern, quoteText } from './quote.ts';
import { withSession, type Session } from './session.ts';
import type { Target } from './target.ts';
import type { Throwaway } from './throwaway.ts';

/** The empty database that a dump is to be loaded into, and the accounts that it takes. */
export interface CopyPlan {
  readonly database: string;
  readonly charset: string;
  readonly collation: string;
  /** Whom views, routines, triggers and events are defined by: they need an account to be loaded and used. */
  readonly definers: readonly Account[];
  /** Tables of other databases that its views read; not given: none. */
  readonly outside?: readonly OutsideTable[] | undefined;
  /** The live database's own account: whoever works on the copy as it may touch the copy only, and defines the same. */
  readonly login?: Account;
}

/**
 * Makes an empty database on a throwaway server, in place of one of that name: same name, charset and collation, and a
 * locked account for every definer, with all rights on this database and none beyond.
 *
 * @returns how to enter it: as the `login` account when there is one, else as root
 */
export async function makeCopyDatabase(
  context: Pick<Context, 'signal'>,
  throwaway: Throwaway,
  plan: CopyPlan,
): Promise<Target> {
  const root = throwaway.target(plan.database);
  return withSession(
    context,
    root,
    async (session) => {
      await session.run(`DROP DATABASE IF EXISTS ${quoteName(plan.database)}`);
      await session.run(
        `CREATE DATABASE ${quoteName(plan.database)} CHARACTER SET ${quoteName(plan.charset)} COLLATE ${quoteName(plan.collation)}`,
      );
      const outside = plan.outside ?? [];
      await makeStandIns(session, outside);
      for (const definer of plan.definers) await makeStub(session, plan.database, definer, outside);
      return plan.login === undefined || plan.login.user === root.user
        ? root
        : await makeLogin(session, plan, plan.login, root);
    },
    { database: null, sqlMode: '' },
  );
}

async function makeStub(
  session: Session,
  database: string,
  account: Account,
  outside: readonly OutsideTable[],
): Promise<void> {
  // A definer without a host is a role, which only MariaDB has.
  const isRole = account.host === '' && session.server.flavour === 'mariadb';
  const name = isRole ? quoteText(account.user) : quoteAccount(account);
  await session.run(
    isRole ? `CREATE ROLE IF NOT EXISTS ${name}` : `CREATE USER IF NOT EXISTS ${name} ACCOUNT LOCK`,
  );
  await session.run(`GRANT ALL ON ${quoteNamePattern(database)}.* TO ${name}`);
  // Without it a view of theirs cannot be looked at (1356).
  for (const schema of new Set(outside.map((table) => table.schema)))
    await session.run(`GRANT SELECT ON ${quoteNamePattern(schema)}.* TO ${name}`);
}

/** The account that can enter over the socket; the server takes the one with the most specific host that fits. */
async function makeLogin(session: Session, plan: CopyPlan, login: Account, root: Target): Promise<Target> {
  const taken = plan.definers.some(({ user, host }) => user === login.user && host === 'localhost');
  const account = { user: login.user, host: login.host === '%' && !taken ? '%' : 'localhost' };
  const password = randomBytes(18).toString('base64url');
  await makeStub(session, plan.database, account, plan.outside ?? []);
  await session.run(
    `ALTER USER ${quoteAccount(account)} IDENTIFIED BY ${quoteText(password)} ACCOUNT UNLOCK`,
  );
  return { ...root, user: login.user, password: new Secret(password) };
}
