import { dirname, join } from 'node:path';
import type { ServerPlace } from '../../config/types.ts';
import type { Context } from '../../core/context.ts';
import { wrongUsage, MajError } from '../../core/errors.ts';
import type { Target } from '../../database/session/target.ts';
import { askVersion, type ServerPrograms } from '../../server/programs.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import { parseProgramVersion } from '../../sql/server-version.ts';
import {
  capture,
  captureBytes,
  findProgram,
  stream,
  type Captured,
  type Streamed,
} from '../../system/process/processes.ts';
import { quoteWords } from '../../system/process/shell-words.ts';
import { makeOptionFile, optionFileText } from './option-file.ts';

/**
 * Finds the dump program in the first of these folders that has one of the flavour; undefined stands for PATH. The flavour is
 * asked of the program, never read from its name.
 *
 * @throws MajError `clients-missing`, exit code 2
 */
async function findIn(
  context: FindContext,
  flavour: Flavour,
  folders: readonly (string | undefined)[],
): Promise<DumpClient> {
  const names = traits.programs[flavour].dump;
  const found: string[] = [];
  for (const folder of folders) {
    for (const name of names) {
      const path = await findProgram(context, name, folder);
      const version = path === undefined ? undefined : await askVersion(context, path);
      if (path === undefined || version === undefined) continue;
      if (version.flavour === flavour) return { flavour, version: version.version, dump: path };
      found.push(`${path} (${version.text})`);
    }
  }
  const through = context.config.CLIENT_COMMAND !== undefined;
  throw wrongUsage('clients-missing', {
    flavour,
    folder: folders.at(-1),
    missing: names[0],
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

type RunContext = Pick<Context, 'env'>;

/** What a program said, and how it ended. */
type Answer = Pick<Captured, 'code' | 'stdout' | 'stderr'>;

/** Asks a client's program something that needs no connection, and keeps the answer. */
async function askProgram(
  context: RunContext,
  program: string,
  args: readonly string[],
  via: Via | undefined,
): Promise<Answer> {
  if (via === undefined) return capture(context, program, args);
  const [command, words] = shellThrough(via);
  const input = `exec ${quoteWords([program, ...args])} </dev/null\n`;
  try {
    const { code, stdout, stderr } = await captureBytes(context, command, words, { input });
    return { code, stdout: stdout.toString(), stderr };
  } catch (error) {
    // The command itself is not there.
    if (error instanceof MajError) return { code: 127, stdout: '', stderr: error.message };
    throw error;
  }
}

/** A client at work. */
interface ClientProcess {
  readonly child: Streamed;
  /** Removes what it was started with; to be called when it has ended. */
  readonly release: () => Promise<void>;
}

/**
 * Starts the dump program with an option file that tells it where to go and who it is, so that the password is in no
 * argument and in no environment. `argumentsFor` is given the path of that file.
 *
 * Through a command the file cannot travel as a file. The command is made to run a shell, which reads from its standard
 * input a script of one line, and the option file behind it: so it works alike for `docker exec`, which takes words, and
 * for `ssh`, which puts them together to a line that a shell takes apart again.
 */
export async function startDumpProgram(
  context: RunContext,
  client: DumpClient,
  target: Target,
  argumentsFor: (optionFile: string) => readonly string[],
): Promise<ClientProcess> {
  if (client.via === undefined) {
    const file = await makeOptionFile(target, client.flavour);
    const { program, args } = await inLargePieces(context, client.dump, argumentsFor(file.path));
    return { child: stream(context, program, args), release: () => file.remove() };
  }
  const [command, words] = shellThrough(client.via);
  const child = stream(context, command, words, { stdin: 'pipe' });
  const line = quoteWords([client.dump, ...argumentsFor('/dev/stdin')]);
  const options = optionFileText(target, client.flavour);
  // A command that ends before it has read this is told by its exit, not by the broken pipe.
  child.stdin
    .on('error', () => undefined)
    .end(`exec ${line} <<'${endOfOptions}'\n${options}${endOfOptions}\n`);
  return { child, release: () => Promise.resolve() };
}

/** No line of an option file is this: each begins with a bracket or with the name of an option. */
const endOfOptions = 'END OF OPTIONS';

function shellThrough({ command }: Via): readonly [string, readonly string[]] {
  const [program = '', ...words] = command;
  return [program, [...words, 'sh']];
}

/** The database server as the program sees it from where it runs. */
export function targetFrom(via: Via | undefined, target: Target): Target {
  if (via?.host === undefined) return target;
  return 'socket' in via.host
    ? { ...target, socket: via.host.socket }
    : { ...target, socket: undefined, host: via.host.host, port: via.host.port ?? 3306 };
}

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
interface Via {
  /** The command and its first arguments, such as `docker exec -i db`. */
  readonly command: readonly string[];
  /** The database server as seen from there; undefined: as from here. */
  readonly host: ServerPlace | undefined;
}

type FindContext = Pick<Context, 'env' | 'config'>;

/**
 * Finds the program that dumps the live database: through CLIENT_COMMAND where it is set, else on this machine.
 *
 * @throws MajError `clients-missing`, `client-command-failed`, exit code 2
 */
export function findDumpClient(context: FindContext, flavour: Flavour): Promise<DumpClient> {
  const { CLIENT_COMMAND: command, CLIENT_HOST: host, CLIENT_BIN_DIR: folder } = context.config;
  if (command !== undefined) return findThrough(context, flavour, { command, host });
  return findIn(context, flavour, [folder]);
}

/**
 * Finds the program that dumps a throwaway server. That one is reached over a socket in a folder of ours, so the program
 * must be on this machine even where CLIENT_COMMAND brings the other: it is looked for beside the server's programs too.
 *
 * @throws MajError `clients-missing`, exit code 2
 */
export function findLocalDumpClient(
  context: FindContext,
  { flavour, server }: Pick<ServerPrograms, 'flavour' | 'server'>,
): Promise<DumpClient> {
  const { CLIENT_BIN_DIR: given, CLIENT_COMMAND: command } = context.config;
  const near = [dirname(server), join(dirname(server), '..', 'bin')];
  const folders = given !== undefined || command === undefined ? [given] : [...near, undefined];
  return findIn(context, flavour, folders);
}

async function findThrough(context: FindContext, flavour: Flavour, via: Via): Promise<DumpClient> {
  const found: string[] = [];
  const answers: string[] = [];
  for (const name of traits.programs[flavour].dump) {
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
    program: traits.programs[flavour].dump[0],
    found,
    words: found.length > 0 ? '' : (answers.find((answer) => answer !== '') ?? ''),
  });
}

/** As much as a program gathers before it writes. */
const pieceBytes = 256 * 1024;

/**
 * The command that runs a program of the C library's so that it writes its output in large pieces. Into a pipe the
 * library writes 4 KB at a time, and each of them wakes the reader: of a dump of 1 GB that is 250,000 times, which take
 * us 4 s of processor time and the program 1.5 s more. `stdbuf` (GNU coreutils) runs the program in its own process; where
 * it is not there, or the program is linked statically, the pieces stay small.
 */
async function inLargePieces(
  context: Pick<Context, 'env'>,
  program: string,
  args: readonly string[],
): Promise<{ readonly program: string; readonly args: readonly string[] }> {
  const stdbuf = await findProgram(context, 'stdbuf');
  if (stdbuf === undefined) return { program, args };
  return { program: stdbuf, args: [`--output=${pieceBytes}`, program, ...args] };
}
