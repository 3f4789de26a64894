import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { findProgram } from '../system/processes.ts';
import { askProgram } from './client-process.ts';
import type { DumpClient, Via } from './dump-client.ts';
import type { Flavour } from './flavour.ts';
import { askVersion } from './programs.ts';

/** The vendor's own programs that dump and load, on this machine. */
export interface Clients extends DumpClient {
  /** Full path of mariadb or mysql. */
  readonly client: string;
}

/** The names of both jobs; Debian's mysqldump is MariaDB's, so the old names are tried for both. */
export const clientNames: Readonly<Record<Flavour, Readonly<Record<'dump' | 'client', readonly string[]>>>> =
  {
    mariadb: { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'] },
    mysql: { dump: ['mysqldump'], client: ['mysql'] },
  };

/**
 * Finds the clients of a server's flavour on this machine, in the given folder, else in CLIENT_BIN_DIR, else on PATH.
 * The flavour is asked of the program, never read from its name.
 *
 * @throws MajError `clients-missing`, exit code 2
 */
export async function findClients(
  context: Pick<Context, 'env' | 'config'>,
  flavour: Flavour,
  folder: string | undefined = context.config.CLIENT_BIN_DIR,
): Promise<Clients> {
  const dump = await findClient(context, flavour, 'dump', [folder]);
  const client = await findClient(context, flavour, 'client', [folder]);
  return { flavour, version: dump.version, dump: dump.path, client: client.path };
}

/**
 * Finds the program of one job, in the first of these folders that has one of the flavour; undefined stands for PATH.
 *
 * @throws MajError `clients-missing`, exit code 2
 */
export async function findClient(
  context: Pick<Context, 'env' | 'config'>,
  flavour: Flavour,
  job: 'dump' | 'client',
  folders: readonly (string | undefined)[],
): Promise<{ readonly path: string; readonly version: string }> {
  const names = clientNames[flavour][job];
  const found: string[] = [];
  for (const folder of folders) {
    for (const name of names) {
      const path = await findProgram(context, name, folder);
      const version = path === undefined ? undefined : await askVersion(context, path);
      if (path === undefined || version === undefined) continue;
      if (version.flavour === flavour) return { path, version: version.version };
      found.push(`${path} (${version.text})`);
    }
  }
  const through = context.config.CLIENT_COMMAND !== undefined;
  throw wrongUsage('clients-missing', {
    flavour,
    folder: folders.at(-1),
    missing: names[0] ?? '',
    found,
    through,
  });
}

/**
 * The long options that a program knows, from its own `--help`: which ones there are differs by flavour and version,
 * and an unknown one is an error.
 */
export async function knownOptions(
  context: Pick<Context, 'env'>,
  program: string,
  via?: Via,
): Promise<(option: string) => boolean> {
  const help = await askProgram(context, program, ['--no-defaults', '--help'], via);
  return optionsInHelp(help.stdout);
}

/** Reads `--help` of a server's or client's program: whether it names an option, such as `set-gtid-purged`. */
export function optionsInHelp(help: string): (option: string) => boolean {
  const names = new Set(
    [...help.matchAll(/(?:^|[\s,])--(?:\[no-\]|skip-)?([a-z][a-z0-9-]+)/gm)].map(([, name]) => name),
  );
  // The table of values at the end names every option, also those that the text above describes in passing only.
  for (const [, name] of help.matchAll(/^([a-z][a-z0-9-]+) {2,}\S/gm)) names.add(name);
  return (option) => names.has(option);
}
