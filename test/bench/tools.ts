import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../../scripts/core/context.ts';
import { knownOptions } from '../../scripts/dump/client/clients.ts';
import { dumpArguments } from '../../scripts/dump/client/dump.ts';
import { findServerPrograms, type ServerPrograms } from '../../scripts/server/programs.ts';
import { findClients, loadArguments } from '../helpers/vendor-clients.ts';

/** The vendor's own programs, which `maj` is held against, with the options that make a dump whole. */
export interface Tools {
  readonly programs: ServerPrograms;
  /** The clients' folder; undefined: they are found on PATH. */
  readonly clientFolder: string | undefined;
  dump(optionFile: string, database: string): readonly string[];
  load(optionFile: string, database: string): readonly string[];
}

/** Finds a server and the clients that came with it, in a folder or by themselves (`auto`). */
export async function findTools(context: Context, where: string): Promise<Tools> {
  const programs = await findServerPrograms(context, where);
  const clientFolder = where === 'auto' ? undefined : clientsNear(dirname(programs.server));
  const clients = await findClients(context, programs.flavour, clientFolder);
  const dumpKnows = await knownOptions(context, clients.dump);
  const loadKnows = await knownOptions(context, clients.client);
  return {
    programs,
    clientFolder,
    dump: (file, database) => [clients.dump, ...dumpArguments(file, database, dumpKnows)],
    load: (file, database) => [clients.client, ...loadArguments(file, database, loadKnows)],
  };
}

/** Packages keep the server in sbin and its clients in bin. */
function clientsNear(folder: string): string | undefined {
  return [folder, join(folder, '..', 'bin')].find((candidate) =>
    ['mariadb-dump', 'mysqldump'].some((name) => existsSync(join(candidate, name))),
  );
}
