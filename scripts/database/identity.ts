import type { Context } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { withSession, type Session } from './session/session.ts';
import { addressOf, mayBeSameServer, parseAddress, targetFromConfig } from './session/target.ts';

type IdentityContext = Pick<Context, 'config' | 'projectDir' | 'signal'>;

/**
 * What a server says of itself, as far as it tells it from others. MySQL has a number for that: `server_uuid`, kept in
 * auto.cnf of its data folder. It stays when a server moves with its data, and whoever copies that folder copies it, which is
 * why the address counts as well (see `whose`). MariaDB has none: `server_uid` (10.11.9, 11.4.3 and later) is a hash of the
 * network card and the port, the same for all servers of one machine that listen on sockets alone (seen with 10.11 and 11.8). So
 * host, port and data folder are taken with it.
 */
export async function readServerIdentity(session: Session): Promise<string> {
  const { flavour } = session.server;
  const names = flavour === 'mysql' ? ['server_uuid'] : ['server_uid', 'hostname', 'port', 'datadir'];
  const list = names.map((name) => `'${name}'`).join(', ');
  const rows = await session.rows(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`);
  const values = new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
  return [flavour, ...names.map((name) => values.get(name) ?? '')].join(' ');
}

/** The database that the settings name, without asking its server; undefined where they name none. */
export function configuredDatabase({
  config,
  projectDir,
}: Pick<Context, 'config' | 'projectDir'>): DatabaseIdentity | undefined {
  const { DB_NAME, DB_USER = '' } = config;
  if (DB_NAME === undefined) return undefined;
  return {
    name: DB_NAME,
    address: addressOf(targetFromConfig({ config: { ...config, DB_USER }, projectDir })),
  };
}

/** The database that the settings name, with what its server says of itself, where it answers. */
export async function liveDatabase(context: IdentityContext): Promise<DatabaseIdentity | undefined> {
  const configured = configuredDatabase(context);
  if (configured === undefined || context.config.DB_USER === undefined) return configured;
  try {
    // In no database: it may be gone, which is when a backup of it is asked for.
    const server = await withSession(context, targetFromConfig(context), readServerIdentity, {
      database: null,
    });
    return { ...configured, server };
  } catch (error) {
    // What needs the server will say so; what does not, such as a look at the backups, goes by name and address.
    if (error instanceof MajError) return configured;
    throw error;
  }
}

/** What tells a database from others. */
export interface DatabaseIdentity {
  readonly name: string;
  /** The server does not tell names apart by their case (lower_case_table_names 1 and 2). */
  readonly anyCase?: boolean | undefined;
  /** Where it was reached: `host:port`, or the path of a socket. Backups of the first days do not tell. */
  readonly address?: string | undefined;
  /** What its server says of itself, see `readServerIdentity`; not given where it was not, or could not be, asked. */
  readonly server?: string | undefined;
}

/** Whose something is, as seen from one database: its own, one of another name, or one of this name on another server. */
export type Whose = 'own' | 'other-database' | 'other-server';

/**
 * Decides whether something that is kept of a database (a backup, a receipt) is of this one: name, server and address have
 * to agree, as far as they are known. An address alone may lead to another server today, and a server that was copied with
 * its data says the same of itself as the one that it was copied from. Pure.
 */
export function whose(of: DatabaseIdentity, live: DatabaseIdentity): Whose {
  if (!sameName(of, live)) return 'other-database';
  if (of.server !== undefined && live.server !== undefined && of.server !== live.server)
    return 'other-server';
  if (of.address === undefined || live.address === undefined) return 'own';
  const same = mayBeSameServer(parseAddress(of.address), parseAddress(live.address));
  return same ? 'own' : 'other-server';
}

function sameName(of: DatabaseIdentity, live: DatabaseIdentity): boolean {
  if (of.name === live.name) return true;
  return (of.anyCase === true || live.anyCase === true) && of.name.toLowerCase() === live.name.toLowerCase();
}
