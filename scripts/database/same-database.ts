import type { Context } from '../core/context.ts';
import { addressText, configuredAddress, mayBeSameServer, parseAddress } from './session/target.ts';

/** The database that the settings name, without asking its server; undefined where they name none. */
export function configuredDatabase(
  context: Pick<Context, 'config' | 'projectDir'>,
): DatabaseIdentity | undefined {
  const { DB_NAME } = context.config;
  return DB_NAME === undefined
    ? undefined
    : { name: DB_NAME, address: addressText(configuredAddress(context)) };
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
export function ownershipOf(of: DatabaseIdentity, live: DatabaseIdentity): Whose {
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
