import { checkCommandUser } from '../application/commands.ts';
import { checkServices } from '../application/services.ts';
import type { Context } from '../core/context.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { findDumpClient, type DumpClient } from '../dump/client/clients.ts';
import { requireInstalled } from '../release/places.ts';

/**
 * Checks what no upgrade can do without, before anything is unpacked: an application that is there, who runs its commands,
 * its services, and the program that dumps. An upgrade, its plan and the rehearsal of a package begin with it.
 *
 * @throws MajError of `requireInstalled`, `checkCommandUser`, `checkServices` and `findDumpProgram`
 */
export async function checkReady(context: Context): Promise<void> {
  await requireInstalled(context);
  await checkCommandUser(context);
  await checkServices(context);
  await findDumpProgram(context);
}

/** The program that dumps the live database: which one it has to be, the server tells. */
export const findDumpProgram = (context: Context): Promise<DumpClient> =>
  withSession(context, targetFromConfig(context), ({ server }) => findDumpClient(context, server.flavour));
