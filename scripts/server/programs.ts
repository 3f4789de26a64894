import { dirname, join } from 'node:path';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { traits, type Flavour } from '../sql/flavour.ts';
import { parseProgramVersion, type ServerVersion } from '../sql/server-version.ts';
import { capture, findProgram } from '../system/process/processes.ts';

/** The programs that a server is made and started with. */
export interface ServerPrograms extends ServerVersion {
  /** Full path of mariadbd or mysqld. */
  readonly server: string;
  /** Full path of mariadb-install-db; MySQL's server needs none. */
  readonly installDb: string | undefined;
}

type FindContext = Pick<Context, 'env' | 'config'>;

const serverNames = ['mariadbd', 'mysqld'] as const;
const installNames = ['mariadb-install-db', 'mysql_install_db'] as const;

/**
 * Finds the programs of a server; told apart by what they say of themselves, never by name.
 *
 * @param where `auto`: PATH, the sbin folders, and beside the clients of CLIENT_BIN_DIR; or a folder
 * @param flavour the one that is needed; any when not given
 * @throws MajError `server-programs-missing`, `install-db-missing`, exit code 2
 */
export async function findServerPrograms(
  context: FindContext,
  where: string,
  flavour?: Flavour,
): Promise<ServerPrograms> {
  const found: string[] = [];
  for (const path of await candidates(context, where)) {
    const version = await askVersion(context, path);
    if (version === undefined) continue;
    if (flavour === undefined || version.flavour === flavour) return programsOf(context, path, version);
    found.push(`${path} (${version.text})`);
  }
  throw wrongUsage('server-programs-missing', {
    flavour,
    folder: where === 'auto' ? undefined : where,
    found,
  });
}

/** Asks a program of a server's or a client's for its version; undefined when it does not tell one. */
export async function askVersion(
  context: Pick<Context, 'env'>,
  path: string,
): Promise<ServerVersion | undefined> {
  const answer = await capture(context, path, ['--no-defaults', '--version']);
  return answer.code === 0 ? parseProgramVersion(answer.stdout) : undefined;
}

async function candidates(context: FindContext, where: string): Promise<string[]> {
  const clients = context.config.CLIENT_BIN_DIR;
  const auto = clients === undefined ? [undefined] : [clients, join(clients, '..', 'sbin'), undefined];
  const found: string[] = [];
  for (const folder of where === 'auto' ? auto : [where]) {
    for (const name of serverNames) {
      const path = await findProgram(context, name, folder);
      if (path !== undefined) found.push(path);
    }
  }
  return found;
}

async function programsOf(
  context: FindContext,
  server: string,
  version: ServerVersion,
): Promise<ServerPrograms> {
  const hasInstallScript = traits.hasInstallScript[version.flavour];
  const installDb = hasInstallScript ? await findInstallDb(context, server) : undefined;
  if (hasInstallScript && installDb === undefined) throw wrongUsage('install-db-missing', { server });
  return { ...version, server, installDb };
}

/** Packages keep it in bin while the server is in sbin; MariaDB's own archives keep it in scripts. */
async function findInstallDb(context: FindContext, server: string): Promise<string | undefined> {
  const folder = dirname(server);
  for (const near of [folder, join(folder, '..', 'bin'), join(folder, '..', 'scripts'), undefined]) {
    for (const name of installNames) {
      const path = await findProgram(context, name, near);
      if (path !== undefined) return path;
    }
  }
  return undefined;
}
