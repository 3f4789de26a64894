import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { Secret } from '../config/types.ts';
import { endedBySignal, inStep, stopIfInterrupted, type Context } from '../core/context.ts';
import { refused, MajError } from '../core/errors.ts';
import type { OutsideTable } from '../database/cross-database-tables.ts';
import type { DatabaseAccount } from '../database/inventory.ts';
import { withSession, type Session } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import type { Target } from '../database/session/target.ts';
import { traits } from '../sql/flavour.ts';
import { quoteAccount, quoteName, quoteNamePattern, quoteText } from '../sql/quote.ts';
import type { ServerVersion } from '../sql/server-version.ts';
import { readIfThere, remove } from '../system/files.ts';
import { makeTemporaryFolder } from '../system/temporary.ts';
import { isolationOf } from './isolation.ts';
import type { ServerPrograms } from './programs.ts';
import { machineZone, placesIn, serverOptions, type ServerLikeness } from './server-options.ts';
import { lastLines, serverTemplate } from './server-template.ts';
import { supervise, type Supervised } from './supervisor.ts';

/** A server of our own, in a temporary folder, that nobody else can reach and that is gone when we are. */
export interface Throwaway {
  /** A database on it, entered as root, without a password. */
  target(database: string): Target;
  readonly socket: string;
  readonly server: ServerVersion;
  readonly programs: ServerPrograms;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const startTimeoutMs = 120_000;
const pollMs = 20;

/**
 * Starts a throwaway server: on a socket in a folder that nobody else may enter, no network, no durability, no events, no
 * binary log; of root's, as a user of its own (`isolationOf`). It and its folder go away with `close()`, and also when this
 * process ends in any other way.
 *
 * @throws MajError `throwaway-failed` with the server's own last words
 */
export async function startThrowaway(
  context: Context,
  programs: ServerPrograms,
  likeness: ServerLikeness = {},
): Promise<Throwaway> {
  return inStep(context, 'start-throwaway', { server: programs.text }, async () => {
    const template = await serverTemplate(context, programs, likeness);
    try {
      return await start(context, programs, likeness, template);
    } catch (error) {
      if (!(error instanceof MajError) || error.code !== 'throwaway-failed') throw error;
      // Whatever broke the template (a power failure, another user of the cache) would break every start from now on.
      await remove(template);
      return await start(context, programs, likeness, await serverTemplate(context, programs, likeness));
    }
  });
}

/**
 * Starts a throwaway server for a piece of work, and ends it afterwards, however that ends. An interruption ends it at
 * once, whatever it is at, and with it everything that waits for it.
 */
export async function withThrowaway<T>(
  context: Context,
  programs: ServerPrograms,
  work: (throwaway: Throwaway) => Promise<T>,
  likeness: ServerLikeness = {},
): Promise<T> {
  const throwaway = await startThrowaway(context, programs, likeness);
  try {
    return await endedBySignal(
      context,
      () => void throwaway.close().catch(() => undefined),
      () => work(throwaway),
    );
  } finally {
    await throwaway.close();
  }
}

async function start(
  context: Context,
  programs: ServerPrograms,
  likeness: ServerLikeness,
  template: string,
): Promise<Throwaway> {
  const folder = await realpath(await makeTemporaryFolder('db'));
  const places = placesIn(folder);
  const target = (database: string): Target => ({
    host: 'localhost',
    port: 0,
    socket: places.socket,
    user: 'root',
    password: undefined,
    database,
    sslMode: 'disabled',
    sslCa: undefined,
  });
  let supervised: Supervised | undefined;
  try {
    const program = await realpath(programs.server);
    const isolation = await isolationOf(context, folder, program);
    const runsAs = isolation.user === undefined ? 'us' : 'another';
    const options = serverOptions(programs, folder, likeness, runsAs);
    const { timeZone } = likeness;
    const env = timeZone === undefined ? context.env : { ...context.env, TZ: machineZone(timeZone) };
    const command = [runsAs === 'us' ? programs.server : program, ...options] as const;
    const started = (supervised = supervise({ env }, folder, template, command, isolation));
    const server = await endedBySignal(
      context,
      () => void started.close(),
      () => whenReady(context, programs, started, target('mysql'), places.log),
    );
    return { target, socket: places.socket, server, programs, close: () => started.close() };
  } catch (error) {
    await supervised?.close();
    await remove(folder);
    throw error;
  }
}

async function whenReady(
  context: Context,
  programs: ServerPrograms,
  supervised: Supervised,
  target: Target,
  log: string,
): Promise<ServerVersion> {
  const deadline = context.clock.monotonicMs() + startTimeoutMs;
  for (;;) {
    stopIfInterrupted(context);
    if (supervised.hasEnded() || context.clock.monotonicMs() > deadline) {
      const words = lastLines((await readIfThere(log)) ?? '');
      throw refused('throwaway-failed', { server: programs.text, doing: 'start', words });
    }
    try {
      return await withSession(context, target, (session) => Promise.resolve(session.server));
    } catch (error) {
      if (!(error instanceof MajError) || error.code !== 'database-unreachable') throw error;
    }
    await context.clock.sleep(pollMs, context.signal);
  }
}

/** The empty database that a dump is to be loaded into, and the accounts that it takes. */
interface CopyPlan {
  readonly database: string;
  readonly charset: string;
  readonly collation: string;
  /** Whom views, routines, triggers and events are defined by: they need an account to be loaded and used. */
  readonly definers: readonly DatabaseAccount[];
  /** Tables of other databases that its views read; not given: none. */
  readonly outside?: readonly OutsideTable[] | undefined;
  /** The live database's own account: whoever works on the copy as it may touch the copy only, and defines the same. */
  readonly login?: DatabaseAccount;
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
  account: DatabaseAccount,
  outside: readonly OutsideTable[],
): Promise<void> {
  // A definer without a host is a role.
  const isRole = account.host === '' && traits.rolesHaveNoHost[session.server.flavour];
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
async function makeLogin(
  session: Session,
  plan: CopyPlan,
  login: DatabaseAccount,
  root: Target,
): Promise<Target> {
  const taken = plan.definers.some(({ user, host }) => user === login.user && host === 'localhost');
  const account = { user: login.user, host: login.host === '%' && !taken ? '%' : 'localhost' };
  const password = randomBytes(18).toString('base64url');
  await makeStub(session, plan.database, account, plan.outside ?? []);
  await session.run(
    `ALTER USER ${quoteAccount(account)} IDENTIFIED BY ${quoteText(password)} ACCOUNT UNLOCK`,
  );
  return { ...root, user: login.user, password: new Secret(password) };
}

/**
 * Makes empty tables and views in the place of those on a throwaway server, so that the views can be made there. One that this
 * server cannot have is left out: then the view says what it lacks.
 */
async function makeStandIns(session: Session, tables: readonly OutsideTable[]): Promise<void> {
  for (const [index, { schema, name, isView, columns }] of tables.entries()) {
    const within = (object: string): string => `${quoteName(schema)}.${quoteName(object)}`;
    // MySQL (9.7) writes what is read of a view otherwise than what is read of a table.
    const table = within(isView ? `maj_stands_in_${index}` : name);
    const list = columns.map(
      ({ name: column, type, collation }) =>
        `${quoteName(column)} ${type}${collation === null ? '' : ` COLLATE ${collation}`}`,
    );
    try {
      await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(schema)}`);
      await session.run(`CREATE TABLE IF NOT EXISTS ${table} (${list.join(', ')})`);
      if (isView) await session.run(`CREATE OR REPLACE VIEW ${within(name)} AS SELECT * FROM ${table}`);
    } catch (error) {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
    }
  }
}
