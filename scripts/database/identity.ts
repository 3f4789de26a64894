import type { Context } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { traits } from '../sql/flavour.ts';
import type { ServerVersion } from '../sql/server-version.ts';
import { configuredDatabase, type DatabaseIdentity } from './same-database.ts';
import { readVariables } from './session/client-settings.ts';
import { withSession, type Session } from './session/session.ts';
import { targetFromConfig } from './session/target.ts';

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
  const names = traits.identityVariables[flavour];
  const values = await readVariables(session, 'GLOBAL', names);
  return [flavour, ...names.map((name) => values.get(name) ?? '')].join(' ');
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

/** What the live database server says it is. */
export const liveServer = (context: IdentityContext): Promise<ServerVersion> =>
  withSession(context, targetFromConfig(context), ({ server }) => Promise.resolve(server));
