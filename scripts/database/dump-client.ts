import { dirname, join } from 'node:path';
import type { Place } from '../config/types.ts';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { askProgram } from './client-process.ts';
import { clientNames, findClient } from './clients.ts';
import { parseProgramVersion, type Flavour } from './flavour.ts';
import type { ServerPrograms } from './programs.ts';

/** The vendor's own program that dumps. */
export interface DumpClient {
  readonly flavour: Flavour;
  readonly version: string;
  /** Full path of mariadb-dump or mysqldump; its bare name where it is run through a command. */
  readonly dump: string;
  /** What it is run through, where it is not on this machine. */
  readonly via?: Via;
}

/** The way to a program in a container or on another host. */
export interface Via {
  /** The command and its first arguments, such as `docker exec -i db`. */
  readonly command: readonly string[];
  /** The database server as seen from there; undefined: as from here. */
  readonly host: Place | undefined;
}

type FindContext = Pick<Context, 'env' | 'config'>;

/**
 * Finds the program that dumps the live database: through CLIENT_COMMAND where it is set, else on this machine.
 *
 * @throws MajError `clients-missing`, `client-command-failed`, exit code 2
 */
export async function findDumpClient(context: FindContext, flavour: Flavour): Promise<DumpClient> {
  const { CLIENT_COMMAND: command, CLIENT_HOST: host, CLIENT_BIN_DIR: folder } = context.config;
  if (command !== undefined) return findThrough(context, flavour, { command, host });
  const { path, version } = await findClient(context, flavour, 'dump', [folder]);
  return { flavour, version, dump: path };
}

/**
 * Finds the program that dumps a throwaway server. That one is reached over a socket in a folder of ours, so the program
 * must be on this machine even where CLIENT_COMMAND brings the other: it is looked for beside the server's programs too.
 *
 * @throws MajError `clients-missing`, exit code 2
 */
export async function findLocalDumpClient(
  context: FindContext,
  { flavour, server }: Pick<ServerPrograms, 'flavour' | 'server'>,
): Promise<DumpClient> {
  const { CLIENT_BIN_DIR: given, CLIENT_COMMAND: command } = context.config;
  const near = [dirname(server), join(dirname(server), '..', 'bin')];
  const folders = given !== undefined || command === undefined ? [given] : [...near, undefined];
  const { path, version } = await findClient(context, flavour, 'dump', folders);
  return { flavour, version, dump: path };
}

async function findThrough(context: FindContext, flavour: Flavour, via: Via): Promise<DumpClient> {
  const found: string[] = [];
  const answers: string[] = [];
  for (const name of clientNames[flavour].dump) {
    const answer = await askProgram(context, name, ['--no-defaults', '--version'], via);
    const text = answer.stdout.trim();
    // A shell there that greets whoever enters would greet within the dump, too.
    const version = answer.code === 0 && !text.includes('\n') ? parseProgramVersion(text) : undefined;
    if (version?.flavour === flavour) return { flavour, version: version.version, dump: name, via };
    if (version !== undefined) found.push(`${name} (${version.text})`);
    answers.push(`${answer.stderr}\n${text}`.trim().slice(-500));
  }
  throw wrongUsage('client-command-failed', {
    command: via.command.join(' '),
    flavour,
    program: clientNames[flavour].dump[0] ?? '',
    found,
    words: found.length > 0 ? '' : (answers.find((answer) => answer !== '') ?? ''),
  });
}
