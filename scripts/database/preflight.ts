import { warn, type Context } from '../context.ts';
import { refused, wrongUsage } from '../errors.ts';
import type { DumpClient } from './dump-client.ts';
import { seriesOf } from './flavour.ts';
import { findFragileValues } from './fragile-values.ts';
import { allows, currentUser, readGrants, type Grants } from './grants.ts';
import { checkName, checkRoutines, checkViews } from './preflight-objects.ts';
import { checkStoredPrograms } from './preflight-programs.ts';
import { checkTables, type TableToLock } from './preflight-tables.ts';
import type { Session } from './session.ts';

/** What has to be done for a dump to be whole. */
export interface DumpNeeds {
  /** Tables that no snapshot covers: they are to be locked while the dump runs. */
  readonly lock: readonly TableToLock[];
  /** The server's `max_allowed_packet`, in bytes: a longer statement it would not take back. */
  readonly maxPacket: number;
}

/**
 * Checks, before a dump, that it will be whole: what this user may not see, and what the server itself cannot read, is
 * refused by name; it would be left out silently, or stop the dump in the middle.
 *
 * @throws MajError `client-flavour` (exit code 2); `name-not-dumpable`, `privileges-missing`, `tables-unreadable`,
 *   `outside-snapshot`, `views-broken`, `routines-hidden`, `history-not-dumped`, `events-unending`,
 *   `programs-garbled` (exit code 3)
 */
export async function checkDumpable(
  context: Pick<Context, 'env' | 'report'>,
  session: Session,
  client: DumpClient,
  database: string,
): Promise<DumpNeeds> {
  checkClient(context, session, client);
  await checkName(session, client, database);
  const grants = await readGrants(session, database);
  await checkPrivileges(session, grants, database);
  const lock = await checkTables(context, session, client, grants, database);
  await checkViews(session, database);
  await checkRoutines(session, database);
  await checkStoredPrograms(session, database);
  const rounded = await findFragileValues(session, database, ['rounded']);
  if (rounded.length > 0) warn(context, 'floats-rounded', { columns: rounded });
  const [row] = await session.rows('SELECT @@GLOBAL.max_allowed_packet AS bytes');
  return { lock, maxPacket: Number(row?.['bytes']) };
}

function checkClient(context: Pick<Context, 'report'>, session: Session, client: DumpClient): void {
  const { server } = session;
  if (client.flavour !== server.flavour)
    throw wrongUsage('client-flavour', {
      program: client.dump,
      client: client.flavour,
      server: server.text,
    });
  const [clientMajor, clientMinor] = seriesOf(client.version);
  const [major, minor] = seriesOf(server.version);
  if (clientMajor < major || (clientMajor === major && clientMinor < minor))
    warn(context, 'client-older', { program: client.dump, version: client.version, server: server.text });
}

/**
 * Without TRIGGER a dump has no triggers, and says nothing; without EXECUTE a user does not even see routines. They must
 * hold for the whole database: a table that is not granted is not in the list of tables either, and nobody misses it.
 */
const needed: readonly (readonly string[])[] = [
  ['SELECT'],
  ['SHOW VIEW'],
  ['TRIGGER'],
  ['EVENT'],
  ['EXECUTE', 'ALTER ROUTINE', 'CREATE ROUTINE', 'SHOW_ROUTINE', 'SHOW CREATE ROUTINE'],
];

async function checkPrivileges(session: Session, grants: Grants, database: string): Promise<void> {
  const missing = needed.filter((oneOf) => !allows(grants, ...oneOf)).map(([first]) => first ?? '');
  if (missing.length === 0) return;
  throw refused('privileges-missing', { user: await currentUser(session), database, missing });
}
