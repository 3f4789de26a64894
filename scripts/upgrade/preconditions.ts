import { checkCommandUser } from '../application/commands.ts';
import { checkServices } from '../application/services.ts';
import type { Context } from '../core/context.ts';
import { liveServer } from '../database/identity.ts';
import { findDumpClient } from '../dump/client/clients.ts';
import { requireInstalled } from '../release/places.ts';
import { findServerPrograms } from '../server/programs.ts';
import type { ServerVersion } from '../sql/server-version.ts';

/**
 * Checks what no upgrade can do without, before anything is unpacked: an application that is there, who runs its commands,
 * its services, the program that dumps, and those of a throwaway server. An upgrade, its plan and the rehearsal of a package
 * begin with it.
 *
 * @throws MajError of `requireInstalled`, `checkCommandUser`, `checkServices` and of `checkPrograms`
 */
export async function checkReady(context: Context): Promise<void> {
  await requireInstalled(context);
  await checkCommandUser(context);
  await checkServices(context);
  await checkPrograms(context, await liveServer(context));
}

/** Finds the programs that dump the live database, and start a throwaway server like it. */
export async function checkPrograms(context: Context, { flavour }: ServerVersion): Promise<void> {
  await findDumpClient(context, flavour);
  await findServerPrograms(context, context.config.REHEARSAL_SERVER, flavour);
}
